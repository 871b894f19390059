//! Python with the packages that a test's peer needs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The python that `cargo xtask test` prepares and names in a variable of the environment; without
/// it a virtual environment made here as it makes one, of a file of requirements in the repository.
pub fn python(variable: &str, venv: &str, requirements: &str) -> PathBuf {
    // Tests run side by side: one of them prepares.
    static PREPARING: Mutex<()> = Mutex::new(());
    let _preparing = PREPARING.lock();
    if let Some(python) = std::env::var_os(variable) {
        return python.into();
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates have a parent");
    let requirements = repository.join(requirements);
    let wanted = std::fs::read(&requirements).expect("the requirements can be read");
    let venv = repository.join("target/edgeway").join(venv);
    let (python, stamp) = (venv.join("bin/python3"), venv.join("requirements.installed"));
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(pip).arg(&requirements));
    std::fs::write(&stamp, wanted).expect("the environment can be written to");
    python
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
