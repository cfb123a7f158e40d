# SPDX-License-Identifier: MIT
lib_libheadwater_a_SOURCES += lib/model/model.h lib/model/quants.def
