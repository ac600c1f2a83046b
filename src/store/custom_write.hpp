// How a custom store changes a record: read it, work out what it becomes, write that if it is still the same; or all of
// that in one step of its own.
#pragma once

#include <memory>
#include <store/blobs.hpp>
#include <store/store.hpp>

namespace sessions::store {

// As the members of Store with the same arguments.
void write_commit(const std::shared_ptr<Blobs>& blobs, const Key& key, const Commit& commit, const Call& call,
                  Completion<Committed> done);
void write_regeneration(const std::shared_ptr<Blobs>& blobs, const Key& from, const Destination& to,
                        const Commit& commit, std::int64_t ended_until, const Call& call, Completion<Committed> done);
void write_tombstone(const std::shared_ptr<Blobs>& blobs, const Key& key, std::int64_t ended_until, const Call& call,
                     Completion<Destroyed> done);

}  // namespace sessions::store
