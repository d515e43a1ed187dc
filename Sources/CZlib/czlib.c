#include "CZlib.h"

uint32_t czlib_crc32(uint32_t crc, const uint8_t *src, size_t n)
{
    return (uint32_t)crc32_z(crc, src, n);
}
