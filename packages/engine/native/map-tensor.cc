#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parallel.h"

// CppoMapTensor: a range of a file as a tensor. It is mapped where it lies as TensorFlow wants it, so that its pages are the
// system's own copy of the file; otherwise it is read into memory that is as large as it, and never into any other.

namespace {

/** TensorFlow copies what does not begin at a multiple of this. */
constexpr uintptr_t ALIGNMENT = 64;
/** Memory from here on is asked for in large pages. */
constexpr size_t LARGE_PAGE = 1 << 21;
/** Bytes that a thread reads at a time. */
constexpr int64_t PIECE = 1 << 23;

/** A file open for reading, which closes itself. */
class File {
 public:
  explicit File(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool good() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  int64_t size() const {
    struct stat found{};
    return fstat(descriptor_, &found) == 0 ? found.st_size : -1;
  }

 private:
  const int descriptor_;
};

struct Mapping {
  void* start;
  size_t length;
};

TF_Tensor* mapped(const File& file, TF_DataType type, const std::vector<int64_t>& shape, int64_t begin, size_t bytes) {
  const int64_t page = sysconf(_SC_PAGESIZE), before = begin % page;
  const size_t length = bytes + before;
  void* const start = mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file.descriptor(), begin - before);
  if (start == MAP_FAILED) return nullptr;
  const auto release = [](void*, size_t, void* mapping) {
    const std::unique_ptr<Mapping> held(static_cast<Mapping*>(mapping));
    munmap(held->start, held->length);
  };
  return TF_NewTensor(type, shape.data(), static_cast<int>(shape.size()), static_cast<char*>(start) + before, bytes, release,
                      new Mapping{start, length});
}

TF_Tensor* read(const File& file, TF_DataType type, const std::vector<int64_t>& shape, int64_t begin, size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, bytes < LARGE_PAGE ? ALIGNMENT : LARGE_PAGE, std::max<size_t>(bytes, 1)) != 0) return nullptr;
#if defined(MADV_HUGEPAGE)
  if (bytes >= LARGE_PAGE) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  const int64_t pieces = (static_cast<int64_t>(bytes) + PIECE - 1) / PIECE;
  std::vector<char> whole(pieces, 0);
  cppo::parallel(pieces, [&](int64_t piece) {
    int64_t at = piece * PIECE;
    const int64_t end = std::min<int64_t>(at + PIECE, bytes);
    while (at < end) {
      const ssize_t count = pread(file.descriptor(), static_cast<char*>(memory) + at, end - at, begin + at);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      at += count;
    }
    whole[piece] = 1;
  });
  if (std::find(whole.begin(), whole.end(), 0) != whole.end()) return std::free(memory), nullptr;
  const auto release = [](void* memory, size_t, void*) { std::free(memory); };
  return TF_NewTensor(type, shape.data(), static_cast<int>(shape.size()), memory, bytes, release, nullptr);
}

/** The attribute `file` of a kernel. */
void* openKernel(TF_OpKernelConstruction* construction) {
  TF_Status* const status = TF_NewStatus();
  int32_t count = 0, length = 0;
  TF_OpKernelConstruction_GetAttrSize(construction, "file", &count, &length, status);
  auto* const path = new std::string(length > 0 ? length : 0, '\0');
  if (length > 0) TF_OpKernelConstruction_GetAttrString(construction, "file", path->data(), path->size(), status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return path;
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const std::string& path = *static_cast<const std::string*>(kernel);
  TF_Status* const status = TF_NewStatus();
  TF_Tensor* numbers = nullptr;
  TF_GetInput(context, 0, &numbers, status);
  const auto refuse = [&](const std::string& why) { TF_SetStatus(status, TF_INVALID_ARGUMENT, why.c_str()); };
  if (TF_GetCode(status) == TF_OK) {
    // Where it begins, in two halves, and its shape.
    const auto* const n = static_cast<const uint32_t*>(TF_TensorData(numbers));
    const int64_t begin = static_cast<int64_t>(n[0]) | static_cast<int64_t>(n[1]) << 32;
    const std::vector<int64_t> shape(n + 2, n + TF_TensorElementCount(numbers));
    size_t bytes = 4;
    for (const int64_t length : shape) bytes *= length;
    const File file(path);
    if (!file.good()) {
      refuse("CppoMapTensor: " + path + " cannot be read: " + std::strerror(errno));
    } else if (file.size() < begin + static_cast<int64_t>(bytes)) {
      refuse("CppoMapTensor: " + path + " has " + std::to_string(file.size()) + " bytes; expected at least " +
             std::to_string(begin + static_cast<int64_t>(bytes)) + ".");
    } else {
      const TF_DataType type = TF_ExpectedOutputDataType(context, 0);
      TF_Tensor* const tensor = begin % ALIGNMENT == 0 && bytes >= ALIGNMENT ? mapped(file, type, shape, begin, bytes)
                                                                              : read(file, type, shape, begin, bytes);
      if (!tensor) refuse("CppoMapTensor: " + path + " cannot be read: " + std::strerror(errno));
      else TF_SetOutput(context, 0, tensor, status);
      if (tensor) TF_DeleteTensor(tensor);
    }
  }
  if (TF_GetCode(status) != TF_OK) TF_OpKernelContext_Failure(context, status);
  if (numbers) TF_DeleteTensor(numbers);
  TF_DeleteStatus(status);
}

}  // namespace

void addMapTensor() {
  const char* const name = "CppoMapTensor";
  TF_Status* const status = TF_NewStatus();
  TF_OpDefinitionBuilder* const definition = TF_NewOpDefinitionBuilder(name);
  TF_OpDefinitionBuilderAddAttr(definition, "file: string");
  TF_OpDefinitionBuilderAddAttr(definition, "T: {float, int32}");
  TF_OpDefinitionBuilderAddInput(definition, "numbers: int32");
  TF_OpDefinitionBuilderAddOutput(definition, "y: T");
  // What a file holds may change.
  TF_OpDefinitionBuilderSetIsStateful(definition, true);
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* const kernel = TF_NewKernelBuilder(
        name, "CPU", openKernel, compute, [](void* kernel) { delete static_cast<std::string*>(kernel); });
    TF_RegisterKernelBuilder(name, kernel, status);
  }
  if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "cppo: %s: %s\n", name, TF_Message(status));
  TF_DeleteStatus(status);
}
