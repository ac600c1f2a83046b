/* Tables of cases in files under tests/: one case a line, fields separated by tabs, "#" begins a remark.
 *
 * SESSIONS_TESTS, which the build defines for programs that have tables, is the path of tests/. */
#ifndef TABLE_H
#define TABLE_H

#include <support/check.h>

struct table {
  FILE *file;
  char *line;
  size_t room;
  int number;
};

/* `name` is the table's path from tests. */
static inline void table_open(struct table *table, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", SESSIONS_TESTS, name);
  memset(table, 0, sizeof *table);
  table->file = fopen(path, "r");
  check_require(table->file != NULL, path, __FILE__, __LINE__);
}

static inline int table_line(struct table *table) {
  size_t length = 0;
  int c;
  table->number++;
  while ((c = getc(table->file)) != EOF && c != '\n') {
    if (length + 2 > table->room) {
      table->room = table->room * 2 + 256;
      table->line = realloc(table->line, table->room);
      check_require(table->line != NULL, "memory for a line", __FILE__, __LINE__);
    }
    table->line[length++] = (char)c;
  }
  if (table->line != NULL) {
    table->line[length] = '\0';
  }
  return c != EOF || length != 0;
}

/* Splits the next case into exactly `count` fields; 0 at the end. */
static inline int table_next(struct table *table, char **fields, int count) {
  while (table_line(table)) {
    char *at = table->line;
    int i;
    if (at == NULL || at[0] == '#' || at[0] == '\0') {
      continue;
    }
    for (i = 0; i < count; i++) {
      fields[i] = at;
      at += strcspn(at, "\t");
      check_require((*at == '\t') == (i + 1 < count), table->line, __FILE__, __LINE__);
      if (*at != '\0') {
        *at++ = '\0';
      }
    }
    return 1;
  }
  fclose(table->file);
  free(table->line);
  return 0;
}

#endif
