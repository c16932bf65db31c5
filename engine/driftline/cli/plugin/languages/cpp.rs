use super::{C_BINDINGS, Language, c};

pub(super) const CPP: Language = Language {
    name: "cpp",
    title: "C++",
    files: &[C_BINDINGS[0].1[0], C_BINDINGS[0].1[1], ("plugin.cpp", include_str!("../../../templates/cpp/plugin.cpp"))],
    toolchain: c::TOOLCHAIN,
    build: |project| c::compile(project, "cpp"),
};
