/* Only declares what libFuzzer brings. */
#include "CFuzzer.h"
