/* Codecs: the host's own serializer for session content, on its way out of the process.
 *
 * Without one, content is JSON text: in cookies as Python writes it, in stores as it came. A codec turns JSON text into
 * bytes, and back: to compress it, to encrypt it, or to share sessions with programs that write another format. It need
 * not give the same bytes twice.
 *
 *   backend                   what goes through the codec
 *   cookie:, signed-cookie:   the whole content, an object; signing and base64 come after it
 *   sqlite:, custom stores    the whole content, an object, but not its times and versions
 *   redis:                    each value by itself; keys, times and versions stay readable on the server
 *   memory:                   nothing: content does not leave the process
 *
 * Sessions stored before the codec was set can still be loaded from a store, and all of their content is coded when
 * some of it changes. From then on they cannot be loaded without the codec: SESSIONS_E_CORRUPT. With a codec, a commit
 * to redis: or sqlite: reads the session first, merges here, and begins anew if somebody else has changed it meanwhile;
 * increments stay exact. While a codec runs, it keeps no call of another thread or queue waiting. What is counted
 * against the largest size of a session is the JSON text; of one object a codec may make 268,435,456 bytes for a store,
 * and SESSIONS_E_LIMIT says that it has made more.
 */
#ifndef SESSIONS_CODEC_H
#define SESSIONS_CODEC_H

#include <sessions/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Receives what a codec makes. It lasts until the callback returns. Since 0.1. */
typedef struct sessions_bytes sessions_bytes;

/* Appends len bytes, or a NUL-terminated string. SESSIONS_OK, SESSIONS_E_INVALID (bytes is NULL, or data is NULL with
 * another length than 0), SESSIONS_E_NOMEM. Only inside the callback that received `bytes`, on its thread. Since
 * 0.1. */
SESSIONS_API sessions_status sessions_bytes_append(sessions_bytes *bytes, const void *data, size_t len);

/* Turns len bytes at data into others, which it appends to `out`, and returns SESSIONS_OK; any other number says that
 * it cannot. That is what the host's call returns, untouched, when it is of the environment (-201 to -299), of stored
 * data (-301 to -399), a callback's (-501 to -599) or SESSIONS_E_NOMEM; any other becomes SESSIONS_E_CALLBACK. A cookie
 * that cannot be decoded is refused, SESSIONS_ORIGIN_REFUSED_CONTENT, and no failure, unless the status says that it
 * may be another time: of the environment, or SESSIONS_E_NOMEM. Called on the thread of the call that loads or commits,
 * on several at once; for an _async call inside it or inside sessions_queue_dispatch(), on sqlite: on a thread of the
 * queue. On a custom store that answers later it is the thread that answers. It must not call functions with the
 * session that is being loaded or committed. Since 0.1. */
typedef sessions_status (*sessions_codec_fn)(void *user_data, const void *data, size_t len, sessions_bytes *out);

/* A codec. The size tells which members the caller knows; members that later versions add are optional. Since 0.1. */
typedef struct sessions_codec sessions_codec;

struct sessions_codec {
  size_t size;              /* sizeof(sessions_codec) */
  sessions_codec_fn encode; /* from JSON text, UTF-8: of an object, or on redis: of any value */
  sessions_codec_fn decode; /* to such a text, from what encode has made, or from anything that somebody has put into a
                               cookie: it fails when it is something else. What is no JSON text is SESSIONS_E_CORRUPT
                               in a store */
};

#ifdef __cplusplus
}
#endif

#endif
