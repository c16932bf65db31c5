/* WASI preview 1 that gives nothing: no arguments, no environment, no files; a clock that stands still (not
 * at zero, which Go takes for broken), always the same random bytes, output that is swallowed. `driftline plugin build` links it into components whose language's runtime
 * wants WASI, so that nothing of it is asked of the host. */
typedef unsigned u32;
typedef unsigned long long u64;
typedef unsigned char u8;

#define EXPORT(name) __attribute__((export_name(#name))) int name
enum { SUCCESS = 0, BADF = 8, NOTSUP = 58 };

EXPORT(args_get)(u32 *argv, u8 *buffer) { return SUCCESS; }
EXPORT(args_sizes_get)(u32 *count, u32 *bytes) { *count = *bytes = 0; return SUCCESS; }
EXPORT(environ_get)(u32 *environ, u8 *buffer) { return SUCCESS; }
EXPORT(environ_sizes_get)(u32 *count, u32 *bytes) { *count = *bytes = 0; return SUCCESS; }
EXPORT(clock_res_get)(u32 id, u64 *resolution) { *resolution = 1; return SUCCESS; }
EXPORT(clock_time_get)(u32 id, u64 precision, u64 *time) { *time = 1000000000; return SUCCESS; }
EXPORT(random_get)(u8 *bytes, u32 length) {
  u32 x = 0x9E3779B9u; /* xorshift32 (Marsaglia 2003) */
  for (u32 i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    bytes[i] = (u8)x;
  }
  return SUCCESS;
}
EXPORT(fd_write)(u32 fd, const u32 *parts, u32 count, u32 *written) {
  u32 sum = 0;
  for (u32 i = 0; i < count; i++) sum += parts[2 * i + 1];
  *written = sum;
  return SUCCESS;
}
EXPORT(sched_yield)(void) { return SUCCESS; }
__attribute__((export_name("proc_exit"))) void proc_exit(int code) { __builtin_trap(); }
EXPORT(proc_raise)(u32 signal) { return NOTSUP; }
EXPORT(poll_oneoff)(const void *in, void *out, u32 count, u32 *events) { return NOTSUP; }

EXPORT(fd_advise)(u32 fd, u64 offset, u64 length, u32 advice) { return BADF; }
EXPORT(fd_allocate)(u32 fd, u64 offset, u64 length) { return BADF; }
EXPORT(fd_close)(u32 fd) { return BADF; }
EXPORT(fd_datasync)(u32 fd) { return BADF; }
EXPORT(fd_fdstat_get)(u32 fd, void *stat) { return BADF; }
EXPORT(fd_fdstat_set_flags)(u32 fd, u32 flags) { return BADF; }
EXPORT(fd_fdstat_set_rights)(u32 fd, u64 base, u64 inheriting) { return BADF; }
EXPORT(fd_filestat_get)(u32 fd, void *stat) { return BADF; }
EXPORT(fd_filestat_set_size)(u32 fd, u64 size) { return BADF; }
EXPORT(fd_filestat_set_times)(u32 fd, u64 accessed, u64 modified, u32 flags) { return BADF; }
EXPORT(fd_pread)(u32 fd, void *parts, u32 count, u64 offset, u32 *read) { return BADF; }
EXPORT(fd_prestat_get)(u32 fd, void *stat) { return BADF; }
EXPORT(fd_prestat_dir_name)(u32 fd, void *path, u32 length) { return BADF; }
EXPORT(fd_pwrite)(u32 fd, const void *parts, u32 count, u64 offset, u32 *written) { return BADF; }
EXPORT(fd_read)(u32 fd, const void *parts, u32 count, u32 *read) { return BADF; }
EXPORT(fd_readdir)(u32 fd, void *buffer, u32 length, u64 cookie, u32 *used) { return BADF; }
EXPORT(fd_renumber)(u32 from, u32 to) { return BADF; }
EXPORT(fd_seek)(u32 fd, u64 offset, u32 whence, u64 *at) { return BADF; }
EXPORT(fd_sync)(u32 fd) { return BADF; }
EXPORT(fd_tell)(u32 fd, u64 *at) { return BADF; }
EXPORT(path_create_directory)(u32 fd, const void *path, u32 length) { return BADF; }
EXPORT(path_filestat_get)(u32 fd, u32 flags, const void *path, u32 length, void *stat) { return BADF; }
EXPORT(path_filestat_set_times)(u32 fd, u32 flags, const void *path, u32 length, u64 accessed, u64 modified, u32 set) { return BADF; }
EXPORT(path_link)(u32 fd, u32 flags, const void *path, u32 length, u32 to, const void *new_path, u32 new_length) { return BADF; }
EXPORT(path_open)(u32 fd, u32 look, const void *path, u32 length, u32 open, u64 base, u64 inheriting, u32 flags, u32 *opened) { return BADF; }
EXPORT(path_readlink)(u32 fd, const void *path, u32 length, void *buffer, u32 size, u32 *used) { return BADF; }
EXPORT(path_remove_directory)(u32 fd, const void *path, u32 length) { return BADF; }
EXPORT(path_rename)(u32 fd, const void *path, u32 length, u32 to, const void *new_path, u32 new_length) { return BADF; }
EXPORT(path_symlink)(const void *path, u32 length, u32 fd, const void *new_path, u32 new_length) { return BADF; }
EXPORT(path_unlink_file)(u32 fd, const void *path, u32 length) { return BADF; }
EXPORT(sock_accept)(u32 fd, u32 flags, u32 *accepted) { return BADF; }
EXPORT(sock_recv)(u32 fd, const void *parts, u32 count, u32 flags, u32 *read, u32 *out) { return BADF; }
EXPORT(sock_send)(u32 fd, const void *parts, u32 count, u32 flags, u32 *written) { return BADF; }
EXPORT(sock_shutdown)(u32 fd, u32 how) { return BADF; }
