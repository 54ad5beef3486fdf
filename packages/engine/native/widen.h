#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "packed.h"
#include "vector.h"

// Numbers of packed weights become vectors of float32, or where the processor multiplies them, of bfloat16 pairs.

namespace cppo {
namespace LEVEL {

inline float widen(uint16_t half) {
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/** The nearest bfloat16, of two equally near the even one; a quiet NaN stays one. */
inline uint16_t narrow(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float rounded(float value) { return widen(narrow(value)); }

#if defined(__AVX512F__)

inline Vector widenHalves(const uint16_t* from) {
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return reinterpret_cast<Vector>(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

inline Vector widenBytes(const int8_t* from) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return reinterpret_cast<Vector>(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)));
}

/** Sixteen numbers of eight bytes, the high half of a byte first, without their scale. */
inline Vector widenNibbles(const uint8_t* from) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  const __m128i low = _mm_and_si128(bytes, _mm_set1_epi8(15));
  const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
  const __m512i index = _mm512_cvtepu8_epi32(_mm_unpacklo_epi8(high, low));
  return reinterpret_cast<Vector>(_mm512_permutexvar_ps(index, _mm512_loadu_ps(NF4_VALUES)));
}

inline Vector rounded(Vector x) {
  const __m512i bits = reinterpret_cast<__m512i>(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __m512i cut = _mm512_and_si512(up, _mm512_set1_epi32(static_cast<int>(0xffff0000u)));
  const __mmask16 notNumbers = _mm512_cmp_ps_mask(reinterpret_cast<__m512>(x), reinterpret_cast<__m512>(x), _CMP_UNORD_Q);
  return reinterpret_cast<Vector>(_mm512_mask_mov_epi32(cut, notNumbers, bits));
}

#elif defined(__AVX2__)

inline Vector widenHalves(const uint16_t* from) {
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return reinterpret_cast<Vector>(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}

inline Vector widenBytes(const int8_t* from) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return reinterpret_cast<Vector>(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)));
}

inline Vector widenNibbles(const uint8_t* from) {
  int32_t four;
  std::memcpy(&four, from, sizeof four);
  const __m128i bytes = _mm_cvtsi32_si128(four);
  const __m128i low = _mm_and_si128(bytes, _mm_set1_epi8(15));
  const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
  const __m256i index = _mm256_cvtepu8_epi32(_mm_unpacklo_epi8(high, low));
  const __m256 first = _mm256_permutevar8x32_ps(_mm256_loadu_ps(NF4_VALUES), index);
  const __m256 second = _mm256_permutevar8x32_ps(_mm256_loadu_ps(NF4_VALUES + 8), index);
  const __m256 above = _mm256_castsi256_ps(_mm256_cmpgt_epi32(index, _mm256_set1_epi32(7)));
  return reinterpret_cast<Vector>(_mm256_blendv_ps(first, second, above));
}

inline Vector rounded(Vector x) {
  for (int i = 0; i < LANES; i++) x[i] = rounded(x[i]);
  return x;
}

#else

inline Vector widenHalves(const uint16_t* from) {
  Vector x;
  for (int i = 0; i < LANES; i++) x[i] = widen(from[i]);
  return x;
}

inline Vector widenBytes(const int8_t* from) {
  Vector x;
  for (int i = 0; i < LANES; i++) x[i] = from[i];
  return x;
}

inline Vector widenNibbles(const uint8_t* from) {
  Vector x;
  for (int i = 0; i < LANES; i++) x[i] = NF4_VALUES[i % 2 ? from[i / 2] & 15 : from[i / 2] >> 4];
  return x;
}

inline Vector rounded(Vector x) {
  for (int i = 0; i < LANES; i++) x[i] = rounded(x[i]);
  return x;
}

#endif

#if defined(__AVX512BF16__)

/** Products of 32 pairs of bfloat16, two of which are added in each lane. */
typedef __m512bh Halves;

inline Halves loadHalves(const uint16_t* from) { return reinterpret_cast<Halves>(_mm512_loadu_si512(from)); }

inline Halves halvesOf(Vector low, Vector high) {
  return _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low));
}

/** Lane i becomes the pair of its two numbers. */
inline Halves pairsOf(Vector first, Vector second) {
  const __m512i low = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(reinterpret_cast<__m512>(first))));
  const __m512i high = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(reinterpret_cast<__m512>(second))));
  return reinterpret_cast<Halves>(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

inline Halves pairsOf(const uint16_t* first, const uint16_t* second) {
  const __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(first)));
  const __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(second)));
  return reinterpret_cast<Halves>(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

inline Vector addProducts(Vector sums, Halves a, Halves b) {
  return reinterpret_cast<Vector>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sums), a, b));
}

/** Numbers times their scale, rounded, for looking up 32 nibbles at a time: twice, so that a fifth bit of an index is nothing. */
inline __m512i nf4Table(float scale) {
  const __m512 values = _mm512_mul_ps(_mm512_loadu_ps(NF4_VALUES), _mm512_set1_ps(scale));
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(values, values));
}

/** Of every two bytes the bits from 4, 0, 12 and 8 on: the nibbles in order, each in a half of its own. */
inline Halves lookUpNibbles(const uint8_t* from, __m512i table) {
  const __m512i pairs = _mm512_cvtepu16_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  const __m512i index = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x0008000c00000004), pairs);
  return reinterpret_cast<Halves>(_mm512_permutexvar_epi16(index, table));
}

/** 64 nibbles with as little work as can be, as `inFours` orders what they are multiplied with. */
inline void lookUpInFours(const uint8_t* from, __m512i table, Halves (&to)[2]) {
  const __m512i bytes = _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  constexpr __mmask32 lower = 0xffff;
  const __m512i first = _mm512_maskz_set1_epi16(lower, 4);
  const __m512i second = _mm512_mask_set1_epi16(_mm512_set1_epi16(8), lower, 12);
  to[0] = reinterpret_cast<Halves>(_mm512_permutexvar_epi16(_mm512_srlv_epi16(bytes, first), table));
  to[1] = reinterpret_cast<Halves>(_mm512_permutexvar_epi16(_mm512_srlv_epi16(bytes, second), table));
}

/** Every fourth of 64 numbers, beginning with each of the first four. */
inline void inFours(uint16_t* numbers) {
  uint16_t index[2][32];
  for (int i = 0; i < 64; i++) index[i / 32][i % 32] = static_cast<uint16_t>(i % 16 * 4 + i / 16);
  const __m512i low = _mm512_loadu_si512(numbers), high = _mm512_loadu_si512(numbers + 32);
  for (int i = 0; i < 2; i++) {
    _mm512_storeu_si512(numbers + 32 * i, _mm512_permutex2var_epi16(low, _mm512_loadu_si512(index[i]), high));
  }
}

#endif

}  // namespace LEVEL
}  // namespace cppo
