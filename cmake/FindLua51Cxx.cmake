# Lua 5.1 in its C++ build, where errors are exceptions, with the libraries that scripts have: cjson and bit.
#
# Target: Lua51Cxx::Lua51Cxx
find_path(Lua51Cxx_INCLUDE_DIR lua5.1/lua.hpp)
find_library(Lua51Cxx_LIBRARY NAMES liblua5.1-c++.a lua5.1-c++)
find_library(Lua51Cxx_CJSON_LIBRARY NAMES liblua5.1-cjson.a)
find_library(Lua51Cxx_BITOP_LIBRARY NAMES liblua5.1-bitop.a)
mark_as_advanced(Lua51Cxx_INCLUDE_DIR Lua51Cxx_LIBRARY Lua51Cxx_CJSON_LIBRARY Lua51Cxx_BITOP_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Lua51Cxx REQUIRED_VARS
  Lua51Cxx_LIBRARY Lua51Cxx_CJSON_LIBRARY Lua51Cxx_BITOP_LIBRARY Lua51Cxx_INCLUDE_DIR)
if(Lua51Cxx_FOUND AND NOT TARGET Lua51Cxx::Lua51Cxx)
  add_library(Lua51Cxx::Lua51Cxx INTERFACE IMPORTED)
  set_target_properties(Lua51Cxx::Lua51Cxx PROPERTIES INTERFACE_LINK_LIBRARIES
    "${Lua51Cxx_CJSON_LIBRARY};${Lua51Cxx_BITOP_LIBRARY};${Lua51Cxx_LIBRARY};m")
endif()
