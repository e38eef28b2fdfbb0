/* A library for LD_PRELOAD that makes one system call fail, as a bad disk or a full one would.
 *
 * FAIL_CALL   the call: read (and pread), write, lseek, open, close, fstat, ftruncate, rename, link, unlink, mkdir,
 *             readdir; fork, pipe (and pipe2), which have no path
 * FAIL_AT     which of them fails: 1 is the first
 * FAIL_AGAIN  if set, all after that fail too
 * FAIL_ERRNO  the number of the error
 * FAIL_PATH   calls count only if their path, or that of their descriptor, contains this
 * FAIL_LOG    a file that gets a byte for each call that counts
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int count;

static int concerns(const char *path) {
    const char *wanted = getenv("FAIL_PATH");
    return !wanted || (path && strstr(path, wanted));
}

/* 1 if this call is to fail; errno is set then. */
static int fails(const char *call, const char *path, int fd) {
    char name[64], buffer[4096];
    const char *wanted = getenv("FAIL_CALL"), *at = getenv("FAIL_AT"), *number = getenv("FAIL_ERRNO"), *log;
    int saved = errno, n;
    if (!wanted || strcmp(wanted, call)) return 0;
    if (!path) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        ssize_t length = syscall(SYS_readlink, name, buffer, sizeof buffer - 1);
        buffer[length < 0 ? 0 : length] = 0;
        path = buffer;
        errno = saved;
    }
    if (!concerns(path)) return 0;
    n = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    if ((log = getenv("FAIL_LOG"))) {
        int out = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT, 0666);
        if (out >= 0) { syscall(SYS_write, out, "x", 1); syscall(SYS_close, out); }
        errno = saved;
    }
    if (!at || n < atoi(at) || (n > atoi(at) && !getenv("FAIL_AGAIN"))) return 0;
    errno = number ? atoi(number) : EIO;
    return 1;
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

ssize_t read(int fd, void *buffer, size_t size) {
    REAL(ssize_t, "read", int, void *, size_t);
    return fails("read", NULL, fd) ? -1 : real(fd, buffer, size);
}
ssize_t pread64(int fd, void *buffer, size_t size, off64_t offset) {
    REAL(ssize_t, "pread64", int, void *, size_t, off64_t);
    return fails("read", NULL, fd) ? -1 : real(fd, buffer, size, offset);
}
ssize_t pread(int fd, void *buffer, size_t size, off_t offset) { return pread64(fd, buffer, size, offset); }
ssize_t write(int fd, const void *buffer, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    return fails("write", NULL, fd) ? -1 : real(fd, buffer, size);
}
off64_t lseek64(int fd, off64_t offset, int whence) {
    REAL(off64_t, "lseek64", int, off64_t, int);
    return fails("lseek", NULL, fd) ? -1 : real(fd, offset, whence);
}
off_t lseek(int fd, off_t offset, int whence) { return lseek64(fd, offset, whence); }
int close(int fd) {
    REAL(int, "close", int);
    /* Linux closes the descriptor even so. */
    int failed = fails("close", NULL, fd), saved = errno, result = real(fd);
    if (!failed) return result;
    errno = saved;
    return -1;
}
int fstat64(int fd, struct stat64 *status) {
    REAL(int, "fstat64", int, struct stat64 *);
    return fails("fstat", NULL, fd) ? -1 : real(fd, status);
}
int fstat(int fd, struct stat *status) {
    REAL(int, "fstat", int, struct stat *);
    return fails("fstat", NULL, fd) ? -1 : real(fd, status);
}
int ftruncate64(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t);
    return fails("ftruncate", NULL, fd) ? -1 : real(fd, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}
int open64(const char *path, int flags, ...) {
    REAL(int, "open64", const char *, int, ...);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return fails("open", path, -1) ? -1 : real(path, flags, mode);
}
int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open64(path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(int, "openat64", int, const char *, int, ...);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return fails("open", path, -1) ? -1 : real(folder, path, flags, mode);
}
int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    return fails("rename", to, -1) ? -1 : real(from, to);
}
int link(const char *from, const char *to) {
    REAL(int, "link", const char *, const char *);
    return fails("link", to, -1) ? -1 : real(from, to);
}
int linkat(int one, const char *from, int other, const char *to, int flags) {
    REAL(int, "linkat", int, const char *, int, const char *, int);
    return fails("link", to, -1) ? -1 : real(one, from, other, to, flags);
}
int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    return fails("unlink", path, -1) ? -1 : real(path);
}
int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    return fails("mkdir", path, -1) ? -1 : real(path, mode);
}
pid_t fork(void) {
    REAL(pid_t, "fork", void);
    return fails("fork", getenv("FAIL_PATH"), -1) ? -1 : real();
}
int pipe2(int fds[2], int flags) {
    REAL(int, "pipe2", int *, int);
    return fails("pipe", getenv("FAIL_PATH"), -1) ? -1 : real(fds, flags);
}
int pipe(int fds[2]) { return pipe2(fds, 0); }
struct dirent64 *readdir64(DIR *folder) {
    REAL(struct dirent64 *, "readdir64", DIR *);
    return fails("readdir", NULL, dirfd(folder)) ? NULL : real(folder);
}
struct dirent *readdir(DIR *folder) { return (struct dirent *)readdir64(folder); }
