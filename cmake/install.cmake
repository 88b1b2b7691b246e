# What `cmake --install` puts in place: the headers, a package for find_package(minigrad), and minigrad.pc.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(minigrad_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/minigrad)
install(TARGETS minigrad EXPORT minigradTargets FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT minigradTargets NAMESPACE minigrad:: DESTINATION ${minigrad_package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/minigradConfig.cmake.in
  ${PROJECT_BINARY_DIR}/minigradConfig.cmake INSTALL_DESTINATION ${minigrad_package_dir})
# Below 1.0 a new minor version may change the interface. ARCH_INDEPENDENT: headers fit every processor.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/minigradConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/minigradConfig.cmake ${PROJECT_BINARY_DIR}/minigradConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/components.cmake DESTINATION ${minigrad_package_dir})

# The prefix is written relative to the .pc file, so that `cmake --install --prefix` and a moved tree both work.
set(minigrad_pc_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)
file(RELATIVE_PATH minigrad_pc_prefix ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH minigrad_pc_include ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/minigrad.pc.in ${PROJECT_BINARY_DIR}/minigrad.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/minigrad.pc DESTINATION ${minigrad_pc_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
