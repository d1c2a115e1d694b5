from openbell.core.layouts cimport i64, u32

cdef extern from *:
    """
    #include <stddef.h>
    #include <stdint.h>
    #include <string.h>

    static uint32_t ob_crc_table[8][256];

    static void ob_crc_fill(void) {
        for (int i = 0; i < 256; i++) {
            uint32_t c = (uint32_t)i;
            for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0x82F63B78u : c >> 1;
            ob_crc_table[0][i] = c;
        }
        for (int t = 1; t < 8; t++)
            for (int i = 0; i < 256; i++)
                ob_crc_table[t][i] = ob_crc_table[t - 1][i] >> 8
                    ^ ob_crc_table[0][ob_crc_table[t - 1][i] & 255];
    }

    /* Eight bytes a step through eight tables, for processors without the instruction. */
    static uint32_t ob_crc_by_table(uint32_t c, const unsigned char *p, size_t n) {
        while (n >= 8) {
            uint64_t w;
            memcpy(&w, p, 8);
            w ^= c;
            c = ob_crc_table[7][w & 255] ^ ob_crc_table[6][w >> 8 & 255]
                ^ ob_crc_table[5][w >> 16 & 255] ^ ob_crc_table[4][w >> 24 & 255]
                ^ ob_crc_table[3][w >> 32 & 255] ^ ob_crc_table[2][w >> 40 & 255]
                ^ ob_crc_table[1][w >> 48 & 255] ^ ob_crc_table[0][w >> 56];
            p += 8;
            n -= 8;
        }
        while (n--) c = c >> 8 ^ ob_crc_table[0][(c ^ *p++) & 255];
        return c;
    }

    #if defined(__x86_64__)
    #include <nmmintrin.h>
    #define OB_HAVE_CRC() __builtin_cpu_supports("sse4.2")
    __attribute__((target("sse4.2")))
    static uint32_t ob_crc_by_chip(uint32_t c, const unsigned char *p, size_t n) {
        uint64_t wide = c;
        for (; n >= 8; p += 8, n -= 8) {
            uint64_t w;
            memcpy(&w, p, 8);
            wide = _mm_crc32_u64(wide, w);
        }
        c = (uint32_t)wide;
        while (n--) c = _mm_crc32_u8(c, *p++);
        return c;
    }
    #elif defined(__ARM_FEATURE_CRC32)
    #include <arm_acle.h>
    #define OB_HAVE_CRC() 1
    static uint32_t ob_crc_by_chip(uint32_t c, const unsigned char *p, size_t n) {
        for (; n >= 8; p += 8, n -= 8) {
            uint64_t w;
            memcpy(&w, p, 8);
            c = __crc32cd(c, w);
        }
        while (n--) c = __crc32cb(c, *p++);
        return c;
    }
    #else
    #define OB_HAVE_CRC() 0
    #define ob_crc_by_chip ob_crc_by_table
    #endif

    static int ob_crc_chip = 0;

    static inline int ob_crc_start(int allow_chip) {
        ob_crc_fill();
        ob_crc_chip = allow_chip && OB_HAVE_CRC();
        return ob_crc_chip;
    }

    static inline unsigned int ob_crc_extend(unsigned int crc, const unsigned char *p, size_t n) {
        return ~(ob_crc_chip ? ob_crc_by_chip(~crc, p, n) : ob_crc_by_table(~crc, p, n));
    }

    static inline unsigned int ob_crc_zeros(unsigned int crc) {
        static const unsigned char zeros[4] = {0, 0, 0, 0};
        return ob_crc_extend(crc, zeros, 4);
    }
    """
    unsigned int crc_zeros "ob_crc_zeros"(unsigned int crc) nogil
    bint crc_start "ob_crc_start"(bint allow_chip) nogil
    unsigned int crc_extend "ob_crc_extend"(unsigned int crc, const unsigned char *data, size_t size) nogil


cpdef u32 extend(u32 crc, const unsigned char[::1] data, i64 start, i64 stop) noexcept nogil
cpdef u32 extend_apart(u32 crc, const unsigned char[::1] data, i64 start, i64 stop) except? 0
cpdef u32 of_record(const unsigned char[::1] buf, i64 at, i64 length) noexcept nogil
