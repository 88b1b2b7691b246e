// For numpy_test.sh: reads arrays.npz, packed.npz, c.npy, fortran.npy and big.npy, which NumPy has written, and writes
// them again.
#include <minigrad/io/gzip.hpp>
#include <minigrad/io/npz.hpp>

using namespace minigrad;

int main() {
  write_npz("arrays_back.npz", read_npz("arrays.npz"));
#if __has_include(<zlib.h>)
  write_npz("packed_back.npz", read_npz("packed.npz", {.inflate = with_zlib}));
#else
  write_npz("packed_back.npz", read_npz("arrays.npz"));
#endif
  for (const char* name : {"c", "fortran", "big"})
    write_npy(std::string(name) + "_back.npy", read_npy<double>(std::string(name) + ".npy"));
  detail::AtomicFile file("test", "zip64_back.npz");
  detail::write_npz(file, read_npz("arrays.npz"), 1);
  file.commit();
}
