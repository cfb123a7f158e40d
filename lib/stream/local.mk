# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES +=
