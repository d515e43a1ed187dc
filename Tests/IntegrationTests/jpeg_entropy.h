/* The Huffman decoder, which is Swift, for programs in C: `jpeg-entropy-build` compiles it. */
#ifndef HEADRACE_JPEG_ENTROPY_H
#define HEADRACE_JPEG_ENTROPY_H

#include "cjpeg_entropy.h"

/* What cjpeg_decoder_create takes. */
void jpeg_entropy(cjpeg_entropy *functions);

#endif
