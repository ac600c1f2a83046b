/* An event loop: one thread serves a thousand requests at once and never waits for the store.
 *
 *   event_loop [BACKEND-URL]
 *
 * On 127.0.0.1, 8080 by default; 0 picks a free one. The routes are those of quickstart.c, and /late, which tells by
 * how many microseconds a timer of the loop was late since it was asked last. */
#define _GNU_SOURCE /* asprintf, strcasestr */
#include <sessions.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

enum { max_head_bytes = 16 * 1024, backlog = 4096 };

struct client {
  uv_tcp_t socket;
  uv_write_t write;
  int holders; /* the socket, and a call that is under way */
  char head[max_head_bytes];
  size_t head_size;
  int is_begun;
  char route[16];
  sessions_session *session;
  char *body;
  char *answer;
  size_t answer_size;
};

static sessions_manager *manager;
static sessions_queue *queue;
static struct { uint64_t expected, count, sum, max; /* nanoseconds */ } late;

/* ---- clients ---- */

static void release(struct client *client) {
  if (--client->holders > 0) return;
  free(client->body), free(client->answer), free(client);
}

static void on_closed(uv_handle_t *handle) { release(handle->data); }

/* Also in the middle of a call, which then ends with SESSIONS_E_CANCELED. */
static void hang_up(struct client *client) {
  if (uv_is_closing((uv_handle_t *)&client->socket)) return;
  uv_close((uv_handle_t *)&client->socket, on_closed);
  sessions_session_free(client->session);
  client->session = NULL;
}

static void on_written(uv_write_t *write, int status) {
  (void)status;
  hang_up(write->data);
}

static void write_answer(const struct client *client, FILE *answer, sessions_status status) {
  /* A store that could not be asked is no logout: 503 tells that the same request may succeed later. */
  int is_outage = sessions_status_category(status) == SESSIONS_CATEGORY_ENVIRONMENT;
  const char *line;
  size_t length;
  fprintf(answer, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/json\r\n",
          status == SESSIONS_OK            ? "200 OK"
          : status == SESSIONS_E_NOT_FOUND ? "404 Not Found"
          : is_outage                      ? "503 Service Unavailable"
                                           : "500 Internal Server Error");
  if (sessions_session_varies_by_cookie(client->session)) fputs("Vary: Cookie\r\n", answer);
  if (sessions_session_must_not_be_cached(client->session)) fputs("Cache-Control: private, no-store\r\n", answer);
  for (size_t i = 0; i < sessions_session_cookie_count(client->session); i++)
    if (sessions_session_cookie_line(client->session, i, &line, &length) == SESSIONS_OK)
      fprintf(answer, "Set-Cookie: %s\r\n", line);
  if (status == SESSIONS_OK)
    fprintf(answer, "\r\n%s", client->body);
  else
    fprintf(answer, "\r\n{\"error\":\"%s\"}", sessions_status_name(status));
}

static void send_answer(struct client *client, sessions_status status, const sessions_error *error) {
  if (uv_is_closing((uv_handle_t *)&client->socket)) return; /* it has hung up meanwhile */
  if (status != SESSIONS_OK && status != SESSIONS_E_NOT_FOUND)
    fprintf(stderr, "%s\n", error ? sessions_error_message(error) : sessions_status_message(status));
  FILE *answer = open_memstream(&client->answer, &client->answer_size);
  if (answer) write_answer(client, answer, status);
  int is_bad = !answer || fclose(answer) != 0;
  uv_buf_t bytes = uv_buf_init(client->answer, (unsigned int)client->answer_size);
  client->write.data = client;
  if (is_bad || uv_write(&client->write, (uv_stream_t *)&client->socket, &bytes, 1, on_written) != 0) hang_up(client);
}

/* ---- a request: load, run the route, commit, answer ---- */

static sessions_status set_body(struct client *client, const char *before, const char *json, const char *after) {
  free(client->body);
  if (asprintf(&client->body, "%s%s%s", before, json, after) >= 0) return SESSIONS_OK;
  client->body = NULL;
  return SESSIONS_E_NOMEM;
}

static sessions_status show_counter(struct client *client) {
  const char *json = "null";
  size_t length;
  sessions_status status =
      sessions_session_get_json(client->session, "counter", SESSIONS_NUL_TERMINATED, &json, &length);
  if (status != SESSIONS_OK && status != SESSIONS_E_NOT_FOUND) return status;
  return set_body(client, "{\"counter\":", json, "}");
}

static sessions_status run_route(struct client *client) {
  int is_set = strcmp(client->route, "/set") == 0, is_hit = strcmp(client->route, "/hit") == 0;
  int is_clear = strcmp(client->route, "/clear") == 0;
  const char *json = "{\"hello\":\"world\"}";
  size_t length;
  sessions_status status = SESSIONS_OK;
  if (strcmp(client->route, "/read") == 0) status = sessions_session_to_json(client->session, &json, &length);
  if (status == SESSIONS_OK) status = set_body(client, "", json, "");
  if (is_set || is_clear || strcmp(client->route, "/unsafe") == 0 || strcmp(client->route, "/login") == 0)
    status = show_counter(client);
  if (status == SESSIONS_OK && is_clear) status = sessions_session_clear(client->session);
  if (status == SESSIONS_OK && (is_set || is_hit))
    status = sessions_session_increment(client->session, "counter", SESSIONS_NUL_TERMINATED, 1, NULL);
  return status;
}

/* /hit is answered after its commit: then the session shows parallel requests' hits too. */
static void committed(struct client *client, sessions_status status, const sessions_error *error) {
  if (status == SESSIONS_OK && strcmp(client->route, "/hit") == 0) status = show_counter(client);
  send_answer(client, status, error);
}

static void on_committed(void *client, sessions_status status, const sessions_error *error) {
  committed(client, status, error);
  release(client);
}

static void loaded(struct client *client, sessions_status status, const sessions_error *error) {
  sessions_error *failure = NULL;
  if (status == SESSIONS_OK) status = run_route(client);
  if (status != SESSIONS_OK) {
    send_answer(client, status, error);
    return;
  }
  int is_login = strcmp(client->route, "/login") == 0; /* who logs in gets a new id: nobody else can know it */
  if (is_login)
    status = sessions_session_regenerate_async(client->session, queue, on_committed, client, &failure);
  else
    status = sessions_session_commit_async(client->session, queue, on_committed, client, &failure);
  if (status == SESSIONS_PENDING)
    client->holders++;
  else
    committed(client, status, failure);
  sessions_error_free(failure);
}

static void on_loaded(void *client, sessions_status status, const sessions_error *error) {
  loaded(client, status, error);
  release(client);
}

static void tell_lateness(struct client *client) {
  char figures[128];
  snprintf(figures, sizeof figures, "{\"ticks\":%llu,\"mean_us\":%llu,\"max_us\":%llu}", (unsigned long long)late.count,
           (unsigned long long)(late.count ? late.sum / late.count / 1000 : 0), (unsigned long long)late.max / 1000);
  late.count = late.sum = late.max = 0;
  send_answer(client, set_body(client, "", figures, ""), NULL);
}

/* A request may have several Cookie headers; the library takes them joined. */
static void join_cookies(const char *head, char *cookies) {
  for (const char *header = head; (header = strcasestr(header, "\r\ncookie:"));) {
    header += strlen("\r\ncookie:");
    if (*cookies) strcat(cookies, "; ");
    strncat(cookies, header, strcspn(header, "\r"));
  }
}

static void run(struct client *client) {
  static const char *const routes[] = {"/", "/set", "/hit", "/read", "/clear", "/unsafe", "/login"};
  char cookies[2 * max_head_bytes] = "";
  sessions_error *error = NULL;
  sessions_status status = SESSIONS_E_NOT_FOUND;
  sscanf(client->head, "%*s %15s", client->route);
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
    if (strcmp(client->route, routes[i]) == 0) status = SESSIONS_OK;
  join_cookies(client->head, cookies);
  if (status == SESSIONS_OK) status = sessions_session_new(manager, &client->session, &error);
  if (status == SESSIONS_OK)
    status = sessions_session_load_async(client->session, cookies, SESSIONS_NUL_TERMINATED, queue, on_loaded, client,
                                         &error);
  if (status == SESSIONS_PENDING)
    client->holders++;
  else
    loaded(client, status, error);
  sessions_error_free(error);
}

static void begin(struct client *client) {
  if (strncmp(client->head, "GET /late ", 10) == 0)
    tell_lateness(client);
  else
    run(client);
}

/* ---- the loop ---- */

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct client *client = handle->data;
  (void)suggested;
  *buffer = uv_buf_init(client->head + client->head_size, (unsigned int)(max_head_bytes - 1 - client->head_size));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
  struct client *client = stream->data;
  (void)buffer;
  if (size < 0) { /* also when it has sent more than there is room for */
    hang_up(client);
    return;
  }
  client->head_size += (size_t)size;
  client->head[client->head_size] = '\0';
  if (client->is_begun || !strstr(client->head, "\r\n\r\n")) return;
  client->is_begun = 1;
  begin(client);
}

static void on_connection(uv_stream_t *listener, int status) {
  struct client *client = status == 0 ? calloc(1, sizeof *client) : NULL;
  if (!client) return;
  client->holders = 1;
  client->socket.data = client;
  uv_tcp_init(listener->loop, &client->socket);
  if (uv_accept(listener, (uv_stream_t *)&client->socket) != 0 ||
      uv_read_start((uv_stream_t *)&client->socket, on_allocate, on_read) != 0)
    hang_up(client);
}

static void on_results(uv_poll_t *poll, int status, int events) {
  (void)poll, (void)status, (void)events;
  sessions_queue_dispatch(queue, NULL, NULL);
}

static void on_tick(uv_timer_t *timer) {
  uint64_t now = uv_hrtime(), delay = now > late.expected ? now - late.expected : 0;
  (void)timer;
  late.count++, late.sum += delay;
  if (delay > late.max) late.max = delay;
  late.expected = now + 1000000;
}

static void on_signal(uv_signal_t *signal, int number) {
  (void)number;
  uv_stop(signal->loop);
}

static void on_walk(uv_handle_t *handle, void *unused) {
  (void)unused;
  if (handle->data)
    hang_up(handle->data);
  else
    uv_close(handle, NULL);
}

static void check(sessions_status status, sessions_error *error) {
  if (status == SESSIONS_OK) return;
  fprintf(stderr, "event_loop: %s\n", error ? sessions_error_message(error) : sessions_status_message(status));
  exit(1);
}

int main(int argc, char **argv) {
  const char *url = argc > 1 ? argv[1] : "memory:", *port = getenv("PORT"), *secret = getenv("SESSIONS_SECRET");
  sessions_backend *backend;
  sessions_config *config;
  sessions_error *error = NULL;
  char random_secret[32];
  struct sockaddr_in address;
  int length = sizeof address;
  uv_loop_t *loop = uv_default_loop();
  uv_tcp_t listener;
  uv_poll_t results;
  uv_timer_t ticker;
  uv_signal_t stop[2];

  /* Opening a backend waits for its store: do it before the loop runs. */
  check(sessions_backend_open(url, SESSIONS_NUL_TERMINATED, &backend, &error), error);
  check(sessions_config_new(&config), NULL);
  check(sessions_config_set_plain_http(config, &error), error); /* leave this out where you serve HTTPS */
  if (getentropy(random_secret, sizeof random_secret) != 0) return perror("event_loop: getentropy"), 1;
  check(sessions_config_add_key(config, secret && *secret ? secret : random_secret,
                                secret && *secret ? SESSIONS_NUL_TERMINATED : sizeof random_secret, &error),
        error);
  check(sessions_manager_new(backend, config, &manager, &error), error);

  check(sessions_queue_new(&queue, &error), error);
  uv_poll_init(loop, &results, sessions_queue_descriptor(queue));
  uv_poll_start(&results, UV_READABLE, on_results);
  uv_timer_init(loop, &ticker);
  uv_tcp_init(loop, &listener);
  listener.data = results.data = ticker.data = NULL;
  late.expected = uv_hrtime() + 1000000;
  uv_timer_start(&ticker, on_tick, 1, 1);
  for (int i = 0; i < 2; i++) {
    uv_signal_init(loop, &stop[i]);
    stop[i].data = NULL;
    uv_signal_start(&stop[i], on_signal, i ? SIGTERM : SIGINT);
  }
  if (uv_ip4_addr("127.0.0.1", port && *port ? atoi(port) : 8080, &address) != 0 ||
      uv_tcp_bind(&listener, (struct sockaddr *)&address, 0) != 0 ||
      uv_listen((uv_stream_t *)&listener, backlog, on_connection) != 0)
    return fputs("event_loop: the port is not free\n", stderr), 1;
  uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &length);
  printf("serving on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  uv_run(loop, UV_RUN_DEFAULT);

  sessions_queue_free(queue); /* calls back for what is under way */
  uv_walk(loop, on_walk, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_loop_close(loop);
  sessions_manager_free(manager), sessions_config_free(config), sessions_backend_free(backend);
  return 0;
}
