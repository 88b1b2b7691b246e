// The expected texts are what NumPy 1.24's str() makes of the same numbers.
#include <doctest/doctest.h>

#include <clocale>
#include <cstdint>
#include <limits>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <sstream>
#include <string>

using namespace minigrad;

namespace {

using F = Tensor<float>;
using D = Tensor<double>;
using L = Tensor<long double>;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A number type of a user's own, which can be written.
struct Fixed {
  int hundredths = 0;
};
std::string to_string(Fixed value) { return std::to_string(value.hundredths) + "%"; }

}  // namespace

TEST_CASE("numbers of one tensor share their points and their decimals") {
  CHECK(to_string(F{1, 2, 3}) == "[1. 2. 3.]");
  CHECK(to_string(F{1.5, 20, -3.25}) == "[ 1.5  20.   -3.25]");
  CHECK(to_string(F{{1, 2}, {3, 4}}) ==
        "[[1. 2.]\n"
        " [3. 4.]]");
  CHECK(to_string(F{{1.5, -2}, {100, 0.25}}) ==
        "[[  1.5   -2.  ]\n"
        " [100.     0.25]]");
  CHECK(to_string(D{0.5, 10, 200}) == "[  0.5  10.  200. ]");
  CHECK(to_string(D{-1, 1}) == "[-1.  1.]");
  CHECK(to_string(D{-0.0, 0.0}) == "[-0.  0.]");
}

TEST_CASE("each type has its own shortest digits, up to 8 decimals") {
  CHECK(to_string(F{0.1f, 0.2f, 0.7f}) == "[0.1 0.2 0.7]");
  CHECK(to_string(D{0.1, 0.2, 0.7}) == "[0.1 0.2 0.7]");
  CHECK(to_string(F{1.0f / 3}) == "[0.33333334]");
  CHECK(to_string(D{1.0 / 3, 2.0 / 3}) == "[0.33333333 0.66666667]");
  CHECK(to_string(D{0.1f}) == "[0.1]");
  CHECK(to_string(L{0.1L, 1 / 3.0L}) == "[0.1        0.33333333]");
  CHECK(to_string(D{0.123456789, 0.999999999}) == "[0.12345679 1.        ]");
  CHECK(to_string(D{2.5, 0.12345678}) == "[2.5        0.12345678]");
  CHECK(to_string(F{16777216, 16777218}) == "[16777216. 16777218.]");
  CHECK(to_string(F{99999992}) == "[99999992.]");
  CHECK(to_string(D{99999999.5}) == "[99999999.5]");
  CHECK(to_string(D{12345678.125}) == "[12345678.125]");
}

TEST_CASE("a half is rounded to even, as it stands in binary") {
  CHECK(to_string(D{0.5, 0x1p-9, 0x3p-9, 0x5p-9}) == "[0.5        0.00195312 0.00585938 0.00976562]");
  CHECK(to_string(D{1.0000000049, 1.000000005, 1.0000000051}) == "[1.         1.         1.00000001]");
}

TEST_CASE("scientific notation from 1e8, below 1e-4, and over a ratio of 1000") {
  CHECK(to_string(D{1e8}) == "[1.e+08]");
  CHECK(to_string(D{99999999}) == "[99999999.]");
  CHECK(to_string(D{1e-4}) == "[0.0001]");
  CHECK(to_string(D{9.9e-5}) == "[9.9e-05]");
  CHECK(to_string(F{1e-4f}) == "[1.e-04]");
  CHECK(to_string(D{1, 1000}) == "[   1. 1000.]");
  CHECK(to_string(D{1, 1000.5}) == "[1.0000e+00 1.0005e+03]");
  CHECK(to_string(D{0, 1e-3, 1}) == "[0.    0.001 1.   ]");
  CHECK(to_string(D{0, 1e-3, 1.5}) == "[0.0e+00 1.0e-03 1.5e+00]");
  CHECK(to_string(D{1.5e10, -2.25e-3}) == "[ 1.50e+10 -2.25e-03]");
  CHECK(to_string(D{1e100, 1}) == "[1.e+100 1.e+000]");
  CHECK(to_string(D{1e-300, 1e300}) == "[1.e-300 1.e+300]");
  CHECK(to_string(F{3.4e38f, 1.2e-38f}) == "[3.4e+38 1.2e-38]");
  CHECK(to_string(D{5e-324}) == "[5.e-324]");
  CHECK(to_string(D{123456789, 1}) == "[1.23456789e+08 1.00000000e+00]");
  CHECK(to_string(F{0.3f, 1.2345678e-5f}) == "[3.0000001e-01 1.2345678e-05]");
  CHECK(to_string(D{0, 0}) == "[0. 0.]");
}

TEST_CASE("nan and inf stand at the right") {
  CHECK(to_string(D{not_a_number}) == "[nan]");
  CHECK(to_string(D{inf, -inf}) == "[ inf -inf]");
  CHECK(to_string(D{inf}) == "[inf]");
  CHECK(to_string(D{1, not_a_number}) == "[ 1. nan]");
  CHECK(to_string(D{1.5, not_a_number, -inf}) == "[ 1.5  nan -inf]");
  CHECK(to_string(D{0.125, inf}) == "[0.125   inf]");
  CHECK(to_string(D{1e10, not_a_number, -inf, 1}) == "[1.e+10    nan   -inf 1.e+00]");
  CHECK(to_string(D{-not_a_number}) == "[nan]");
  CHECK(to_string(F{{1, inf}, {not_a_number, 12345}}) ==
        "[[1.0000e+00        inf]\n"
        " [       nan 1.2345e+04]]");
}

TEST_CASE("whole numbers and masks") {
  CHECK(to_string(Tensor<int>{1, -20, 300}) == "[  1 -20 300]");
  CHECK(to_string(Tensor<std::int64_t>{std::int64_t{1} << 62, -1}) == "[4611686018427387904                  -1]");
  CHECK(to_string(Tensor<std::uint8_t>{{0, 255}, {7, 8}}) ==
        "[[  0 255]\n"
        " [  7   8]]");
  CHECK(to_string(Tensor<bool>{true, false}) == "[ True False]");
  CHECK(to_string(Tensor<bool>{true, true}) == "[ True  True]");
  CHECK(to_string(Tensor<bool>{{false}, {true}}) ==
        "[[False]\n"
        " [ True]]");
}

TEST_CASE("rank 0 is the number alone") {
  CHECK(to_string(F::scalar(3)) == "3.0");
  CHECK(to_string(F::scalar(0.1f)) == "0.1");
  CHECK(to_string(D::scalar(1.0 / 3)) == "0.3333333333333333");
  CHECK(to_string(D::scalar(-0.0)) == "-0.0");
  CHECK(to_string(D::scalar(1e16)) == "1e+16");
  CHECK(to_string(D::scalar(9999999999999998)) == "9999999999999998.0");
  CHECK(to_string(D::scalar(1.5e300)) == "1.5e+300");
  CHECK(to_string(D::scalar(1e-4)) == "0.0001");
  CHECK(to_string(F::scalar(1e-4f)) == "1e-04");
  CHECK(to_string(D::scalar(1.25e-5)) == "1.25e-05");
  CHECK(to_string(D::scalar(not_a_number)) == "nan");
  CHECK(to_string(D::scalar(-inf)) == "-inf");
  CHECK(to_string(Tensor<int>::scalar(-7)) == "-7");
  CHECK(to_string(Tensor<bool>::scalar(true)) == "True");
  CHECK(to_string(L::scalar(0.1L)) == "0.1");
}

TEST_CASE("no elements are []") {
  CHECK(to_string(F{}) == "[]");
  CHECK(to_string(F{{}}) == "[]");
  CHECK(to_string(zeros({3, 0})) == "[]");
  CHECK(to_string(zeros({0, 2, 4})) == "[]");
  CHECK(to_string(zeros<bool>({0})) == "[]");
}

TEST_CASE("ranks from 2 to 6, with blank lines between the outer axes") {
  CHECK(to_string(arange(8).reshape({2, 2, 2})) ==
        "[[[0. 1.]\n"
        "  [2. 3.]]\n"
        "\n"
        " [[4. 5.]\n"
        "  [6. 7.]]]");
  CHECK(to_string(arange(16).reshape({2, 2, 2, 2})) ==
        "[[[[ 0.  1.]\n"
        "   [ 2.  3.]]\n"
        "\n"
        "  [[ 4.  5.]\n"
        "   [ 6.  7.]]]\n"
        "\n"
        "\n"
        " [[[ 8.  9.]\n"
        "   [10. 11.]]\n"
        "\n"
        "  [[12. 13.]\n"
        "   [14. 15.]]]]");
  CHECK(to_string(arange(8).reshape({2, 1, 2, 1, 2})) ==
        "[[[[[0. 1.]]\n"
        "\n"
        "   [[2. 3.]]]]\n"
        "\n"
        "\n"
        "\n"
        " [[[[4. 5.]]\n"
        "\n"
        "   [[6. 7.]]]]]");
  CHECK(to_string(arange<int>(8).reshape({1, 2, 1, 2, 1, 2})) ==
        "[[[[[[0 1]]\n"
        "\n"
        "    [[2 3]]]]\n"
        "\n"
        "\n"
        "\n"
        "  [[[[4 5]]\n"
        "\n"
        "    [[6 7]]]]]]");
  CHECK(to_string(arange(6).reshape({3, 2, 1})) ==
        "[[[0.]\n"
        "  [1.]]\n"
        "\n"
        " [[2.]\n"
        "  [3.]]\n"
        "\n"
        " [[4.]\n"
        "  [5.]]]");
  CHECK(to_string(zeros({1, 1, 1})) == "[[[0.]]]");
}

TEST_CASE("lines break at 75 characters") {
  CHECK(to_string(arange(20)) ==
        "[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n"
        " 18. 19.]");
  CHECK(to_string(arange(30)) ==
        "[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n"
        " 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]");
  CHECK(to_string(arange<int>(31)) ==
        "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
        " 24 25 26 27 28 29 30]");
  CHECK(to_string(arange<int>(60).reshape({2, 30})) ==
        "[[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
        "  24 25 26 27 28 29]\n"
        " [30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53\n"
        "  54 55 56 57 58 59]]");
  CHECK(to_string(arange(12).reshape({1, 1, 12}).to<double>()) ==
        "[[[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11.]]]");
  CHECK(to_string(linspace<double>(0, 1, 9)) == "[0.    0.125 0.25  0.375 0.5   0.625 0.75  0.875 1.   ]");
  CHECK(to_string(linspace<double>(0, 2, 8)) ==
        "[0.         0.28571429 0.57142857 0.85714286 1.14285714 1.42857143\n"
        " 1.71428571 2.        ]");
  CHECK(to_string(arange<double>(0, 4.5, 0.25)) ==
        "[0.   0.25 0.5  0.75 1.   1.25 1.5  1.75 2.   2.25 2.5  2.75 3.   3.25\n"
        " 3.5  3.75 4.   4.25]");
  CHECK(to_string(full<double>({2, 6}, 1.0 / 3)) ==
        "[[0.33333333 0.33333333 0.33333333 0.33333333 0.33333333 0.33333333]\n"
        " [0.33333333 0.33333333 0.33333333 0.33333333 0.33333333 0.33333333]]");
  CHECK(to_string(full<double>({2, 7}, 1.0 / 3)) ==
        "[[0.33333333 0.33333333 0.33333333 0.33333333 0.33333333 0.33333333\n"
        "  0.33333333]\n"
        " [0.33333333 0.33333333 0.33333333 0.33333333 0.33333333 0.33333333\n"
        "  0.33333333]]");
  CHECK(to_string(zeros<bool>({2, 13})) ==
        "[[False False False False False False False False False False False False\n"
        "  False]\n"
        " [False False False False False False False False False False False False\n"
        "  False]]");
  CHECK(to_string(full<double>({1, 1, 1, 1, 1, 6}, 1.0 / 3)) ==
        "[[[[[[0.33333333 0.33333333 0.33333333 0.33333333 0.33333333\n"
        "      0.33333333]]]]]]");
}

TEST_CASE("of more than 1000 elements three at each end are shown") {
  CHECK(to_string(arange(1001)) == "[   0.    1.    2. ...  998.  999. 1000.]");
  CHECK(to_string(arange<int>(1001)) == "[   0    1    2 ...  998  999 1000]");
  CHECK(to_string(arange(1200).reshape({30, 40})) ==
        "[[0.000e+00 1.000e+00 2.000e+00 ... 3.700e+01 3.800e+01 3.900e+01]\n"
        " [4.000e+01 4.100e+01 4.200e+01 ... 7.700e+01 7.800e+01 7.900e+01]\n"
        " [8.000e+01 8.100e+01 8.200e+01 ... 1.170e+02 1.180e+02 1.190e+02]\n"
        " ...\n"
        " [1.080e+03 1.081e+03 1.082e+03 ... 1.117e+03 1.118e+03 1.119e+03]\n"
        " [1.120e+03 1.121e+03 1.122e+03 ... 1.157e+03 1.158e+03 1.159e+03]\n"
        " [1.160e+03 1.161e+03 1.162e+03 ... 1.197e+03 1.198e+03 1.199e+03]]");
  CHECK(to_string(arange<int>(1002).reshape({6, 167})) ==
        "[[   0    1    2 ...  164  165  166]\n"
        " [ 167  168  169 ...  331  332  333]\n"
        " [ 334  335  336 ...  498  499  500]\n"
        " [ 501  502  503 ...  665  666  667]\n"
        " [ 668  669  670 ...  832  833  834]\n"
        " [ 835  836  837 ...  999 1000 1001]]");
  CHECK(to_string(arange<int>(1002).reshape({167, 6})) ==
        "[[   0    1    2    3    4    5]\n"
        " [   6    7    8    9   10   11]\n"
        " [  12   13   14   15   16   17]\n"
        " ...\n"
        " [ 984  985  986  987  988  989]\n"
        " [ 990  991  992  993  994  995]\n"
        " [ 996  997  998  999 1000 1001]]");
  CHECK(to_string(arange<int>(1029).reshape({7, 3, 49})) ==
        "[[[   0    1    2 ...   46   47   48]\n"
        "  [  49   50   51 ...   95   96   97]\n"
        "  [  98   99  100 ...  144  145  146]]\n"
        "\n"
        " [[ 147  148  149 ...  193  194  195]\n"
        "  [ 196  197  198 ...  242  243  244]\n"
        "  [ 245  246  247 ...  291  292  293]]\n"
        "\n"
        " [[ 294  295  296 ...  340  341  342]\n"
        "  [ 343  344  345 ...  389  390  391]\n"
        "  [ 392  393  394 ...  438  439  440]]\n"
        "\n"
        " ...\n"
        "\n"
        " [[ 588  589  590 ...  634  635  636]\n"
        "  [ 637  638  639 ...  683  684  685]\n"
        "  [ 686  687  688 ...  732  733  734]]\n"
        "\n"
        " [[ 735  736  737 ...  781  782  783]\n"
        "  [ 784  785  786 ...  830  831  832]\n"
        "  [ 833  834  835 ...  879  880  881]]\n"
        "\n"
        " [[ 882  883  884 ...  928  929  930]\n"
        "  [ 931  932  933 ...  977  978  979]\n"
        "  [ 980  981  982 ... 1026 1027 1028]]]");
  CHECK(to_string(arange<int>(1200).reshape({2, 1, 2, 300})) ==
        "[[[[   0    1    2 ...  297  298  299]\n"
        "   [ 300  301  302 ...  597  598  599]]]\n"
        "\n"
        "\n"
        " [[[ 600  601  602 ...  897  898  899]\n"
        "   [ 900  901  902 ... 1197 1198 1199]]]]");
  CHECK(to_string(zeros({7, 1, 1, 1, 1, 150})) ==
        "[[[[[[0. 0. 0. ... 0. 0. 0.]]]]]\n"
        "\n"
        "\n"
        "\n"
        "\n"
        " [[[[[0. 0. 0. ... 0. 0. 0.]]]]]\n"
        "\n"
        "\n"
        "\n"
        "\n"
        " [[[[[0. 0. 0. ... 0. 0. 0.]]]]]\n"
        "\n"
        "\n"
        "\n"
        "\n"
        " ...\n"
        "\n"
        "\n"
        "\n"
        "\n"
        " [[[[[0. 0. 0. ... 0. 0. 0.]]]]]\n"
        "\n"
        "\n"
        "\n"
        "\n"
        " [[[[[0. 0. 0. ... 0. 0. 0.]]]]]\n"
        "\n"
        "\n"
        "\n"
        "\n"
        " [[[[[0. 0. 0. ... 0. 0. 0.]]]]]]");
}

TEST_CASE("1000 elements are all shown") {
  CHECK(to_string(arange<int>(1000)).find("...") == std::string::npos);
  CHECK(to_string(zeros({10, 10, 10})).find("...") == std::string::npos);
}

TEST_CASE("a tensor can be written to a stream and stand in an error message") {
  std::ostringstream out;
  out << F{{1, 2}, {3, 4}} << ' ' << Tensor<bool>::scalar(false);
  CHECK(out.str() == "[[1. 2.]\n [3. 4.]] False");
  CHECK_THROWS_WITH_AS(detail::fail<ValueError>({"no median of ", F{1, 2.5}}), "minigrad: no median of [1.  2.5]",
                       ValueError);
}

TEST_CASE("a number type with a to_string of its own is printed by it") {
  CHECK(to_string(Tensor<Fixed>{{Fixed{5}, Fixed{100}}, {Fixed{0}, Fixed{-1}}}) == "[[  5% 100%]\n [  0%  -1%]]");
  CHECK(to_string(Tensor<Fixed>::scalar(Fixed{5})) == "5%");
}

TEST_CASE("numbers have a decimal point in every locale") {
  // Whichever of these is installed; where none is, nothing is lost but the test.
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"})
    if (std::setlocale(LC_ALL, name)) break;
  CHECK(to_string(L{0.5L, 1 / 3.0L}) == "[0.5        0.33333333]");
  CHECK(to_string(D{0.5, 1e10}) == "[5.e-01 1.e+10]");
  std::setlocale(LC_ALL, "C");
}

TEST_CASE("a shape is printed as messages write it") {
  std::ostringstream out;
  out << Shape{2, 3} << ' ' << Shape{};
  CHECK(out.str() == "[2, 3] []");
}
