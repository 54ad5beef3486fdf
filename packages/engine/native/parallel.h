#pragma once
#include <cstdint>

namespace cppo {

/** Threads that share the tasks of a call: those of TensorFlow's own setting. */
int threadCount();

/** Calls run(context, i) for all i < tasks on all threads; returns when all are done. */
void runTasks(int64_t tasks, void (*run)(void*, int64_t), void* context);

/** Numbers, and rows of some width, that are worth a thread's while. */
constexpr int64_t GRAIN = 1 << 14;
static inline int64_t grainRows(int64_t width) { return 1 + GRAIN / (width > 0 ? width : 1); }

template <typename Task>
void parallel(int64_t tasks, Task task) {
  runTasks(tasks, [](void* context, int64_t i) { (*static_cast<Task*>(context))(i); }, &task);
}

/** Shares out [0, count), at least `least` a task, as task(start, end). */
template <typename Task>
void parallelRanges(int64_t count, int64_t least, Task task) {
  const int64_t most = 4 * threadCount();
  const int64_t wanted = count / (least > 0 ? least : 1);
  const int64_t tasks = wanted < 1 ? 1 : wanted < most ? wanted : most;
  parallel(tasks, [&](int64_t i) { task(count * i / tasks, count * (i + 1) / tasks); });
}

}  // namespace cppo
