//! Writes a world's bindings into a plugin's folder.
//!
//! ```text
//! driftline-plugin-bindings rust WIT WORLD FOLDER    writes FOLDER/WORLD.rs
//! driftline-plugin-bindings c    WIT WORLD FOLDER    writes FOLDER/WORLD.{h,c}
//! ```

use anyhow::{Context, Result, bail};
use std::path::Path;
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["rust", wit, world, folder] => write(rust(), wit, world, folder),
        ["c", wit, world, folder] => write(c(), wit, world, folder),
        _ => bail!("usage: rust|c WIT WORLD FOLDER"),
    }
}

fn rust() -> Box<dyn WorldGenerator> {
    let options = wit_bindgen_rust::Opts { generate_all: true, ..Default::default() };
    Box::new(options.build())
}

fn c() -> Box<dyn WorldGenerator> {
    wit_bindgen_c::Opts::default().build()
}

fn write(mut generator: Box<dyn WorldGenerator>, wit: &str, world: &str, folder: &str) -> Result<()> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).with_context(|| format!("cannot read {wit}"))?;
    let world_id = resolve.select_world(&[package], Some(world))?;
    let mut files = Files::default();
    generator.generate(&mut resolve, world_id, &mut files)?;
    // A C world's description of itself is added when the component is made.
    for (name, content) in files.iter().filter(|(name, _)| !name.ends_with(".o")) {
        let path = Path::new(folder).join(name);
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}
