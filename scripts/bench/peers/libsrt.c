/* The peer of bench-srt.sh: a listener on libsrt that sends everyone who calls the same transport stream, at its pace.
 * Nothing is taken in, nothing is looked at: the least that a server on libsrt can do.
 *
 * libsrt-peer PORT FILE.ts BITS_PER_SECOND LATENCY_MS [PASSPHRASE] */
#include <arpa/inet.h>
#include <pthread.h>
#include <srt/srt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 4096
#define PAYLOAD 1316

static SRTSOCKET callers[MOST];
static int count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *accept_all(void *argument) {
  SRTSOCKET listener = *(SRTSOCKET *)argument;
  for (;;) {
    SRTSOCKET caller = srt_accept(listener, NULL, NULL);
    if (caller == SRT_INVALID_SOCK) return NULL;
    int no = 0;
    srt_setsockflag(caller, SRTO_SNDSYN, &no, sizeof no);
    pthread_mutex_lock(&lock);
    if (count < MOST) callers[count++] = caller;
    else srt_close(caller);
    pthread_mutex_unlock(&lock);
  }
}

static void send_to_all(const char *payload) {
  pthread_mutex_lock(&lock);
  for (int at = 0; at < count;) {
    SRT_MSGCTRL control = srt_msgctrl_default;
    if (srt_sendmsg2(callers[at], payload, PAYLOAD, &control) == SRT_ERROR &&
        srt_getlasterror(NULL) != SRT_EASYNCSND) {
      srt_close(callers[at]);
      callers[at] = callers[--count];
    } else {
      at++;
    }
  }
  pthread_mutex_unlock(&lock);
}

int main(int argc, char **argv) {
  if (argc < 5) return fprintf(stderr, "libsrt-peer PORT FILE.ts BITS_PER_SECOND LATENCY_MS [PASSPHRASE]\n"), 2;
  FILE *file = fopen(argv[2], "rb");
  if (!file) return perror(argv[2]), 1;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char *bytes = malloc(size);
  if (!bytes || size < PAYLOAD || fread(bytes, 1, size, file) != (size_t)size) return perror(argv[2]), 1;
  double seconds = PAYLOAD * 8.0 / atof(argv[3]);

  srt_startup();
  SRTSOCKET listener = srt_create_socket();
  int latency = atoi(argv[4]);
  srt_setsockflag(listener, SRTO_LATENCY, &latency, sizeof latency);
  if (argc > 5) srt_setsockflag(listener, SRTO_PASSPHRASE, argv[5], strlen(argv[5]));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (srt_bind(listener, (struct sockaddr *)&address, sizeof address) == SRT_ERROR ||
      srt_listen(listener, 512) == SRT_ERROR)
    return fprintf(stderr, "libsrt-peer: %s\n", srt_getlasterror_str()), 1;
  pthread_t thread;
  pthread_create(&thread, NULL, accept_all, &listener);

  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (long at = 0;; at = at + 2 * PAYLOAD <= size ? at + PAYLOAD : 0) {
    due.tv_nsec += (long)(seconds * 1e9);
    while (due.tv_nsec >= 1000000000) due.tv_nsec -= 1000000000, due.tv_sec++;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    send_to_all(bytes + at);
  }
}
