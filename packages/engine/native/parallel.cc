#include "parallel.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace cppo {
namespace {

constexpr int INDEX_BITS = 20;
constexpr uint64_t INDEX = (1 << INDEX_BITS) - 1;
/**
 * Pauses, 15 to 50 ns each, that a thread waits awake for the next job. Longer takes the core from TensorFlow's own threads:
 * with twenty times as many a training step took a third longer.
 */
constexpr int AWAKE = 500;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

struct Job {
  void (*run)(void*, int64_t);
  void* context;
};

/**
 * The job that is under way. A ticket is its number, how many tasks it has and the next task, so that who takes one
 * knows in a single step whether there was one, however late it comes; a job stays until its tasks are done.
 */
class Pool {
 public:
  explicit Pool(int threads) : threads_(threads) {
    // They live as long as the process, which ends without waiting for them.
    for (int i = 1; i < threads; i++) std::thread([this] { serve(); }).detach();
  }

  int threads() const { return threads_; }

  void run(int64_t tasks, Job job) {
    std::unique_lock<std::mutex> alone(busy_, std::try_to_lock);
    if (threads_ == 1 || tasks <= 1 || tasks > static_cast<int64_t>(INDEX) - 1024 || !alone) {
      for (int64_t i = 0; i < tasks; i++) job.run(job.context, i);
      return;
    }
    job_ = job;
    done_.store(0, std::memory_order_relaxed);
    const uint64_t number = (ticket_.load(std::memory_order_relaxed) >> (2 * INDEX_BITS)) + 1;
    ticket_.store((number << (2 * INDEX_BITS)) | (static_cast<uint64_t>(tasks) << INDEX_BITS));
    if (asleep_.load() > 0) {
      { std::lock_guard<std::mutex> lock(sleep_); }
      wake_.notify_all();
    }
    work();
    while (done_.load(std::memory_order_acquire) != tasks) pause();
  }

 private:
  uint64_t number() const { return ticket_.load() >> (2 * INDEX_BITS); }

  void work() {
    for (;;) {
      const uint64_t ticket = ticket_.fetch_add(1);
      const uint64_t index = ticket & INDEX;
      if (index >= ((ticket >> INDEX_BITS) & INDEX)) return;
      job_.run(job_.context, static_cast<int64_t>(index));
      done_.fetch_add(1, std::memory_order_release);
    }
  }

  void serve() {
    uint64_t seen = 0;
    for (;;) {
      for (int i = 0; i < AWAKE && number() == seen; i++) pause();
      if (number() == seen) {
        std::unique_lock<std::mutex> lock(sleep_);
        asleep_.fetch_add(1);
        wake_.wait(lock, [&] { return number() != seen; });
        asleep_.fetch_sub(1);
      }
      seen = number();
      work();
    }
  }

  const int threads_;
  Job job_{};
  std::atomic<uint64_t> ticket_{0};
  std::atomic<int64_t> done_{0};
  std::atomic<int> asleep_{0};
  std::mutex busy_;
  std::mutex sleep_;
  std::condition_variable wake_;
};

Pool& pool() {
  static Pool* const shared = [] {
    const char* asked = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int threads = asked ? std::atoi(asked) : 0;
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    return new Pool(threads > 0 ? threads : cores > 0 ? cores : 1);
  }();
  return *shared;
}

}  // namespace

int threadCount() { return pool().threads(); }

void runTasks(int64_t tasks, void (*run)(void*, int64_t), void* context) { pool().run(tasks, {run, context}); }

}  // namespace cppo
