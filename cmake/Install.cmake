# cmake --install gives the program, the headers, the archive and what find_package(redstart) and pkg-config read.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS redstart_library EXPORT redstartTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET redstart)
  install(TARGETS redstart RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY include/redstart DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY share/sysctl share/profiles DESTINATION ${CMAKE_INSTALL_DATADIR}/redstart)
install(EXPORT redstartTargets NAMESPACE redstart:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/redstart)
file(WRITE ${PROJECT_BINARY_DIR}/redstartConfig.cmake
  "include(CMakeFindDependencyMacro)\nfind_dependency(Threads)\nfind_dependency(OpenSSL 3.0)\nlist(PREPEND CMAKE_MODULE_PATH \${CMAKE_CURRENT_LIST_DIR})\nfind_dependency(Lua51Cxx)\ninclude(\${CMAKE_CURRENT_LIST_DIR}/redstartTargets.cmake)\n")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/redstartConfigVersion.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/FindLua51Cxx.cmake ${PROJECT_BINARY_DIR}/redstartConfig.cmake
  ${PROJECT_BINARY_DIR}/redstartConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/redstart)

# Where the prefix is, seen from the file: what is installed may be moved.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/redstart.pc.in redstart.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/redstart.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
