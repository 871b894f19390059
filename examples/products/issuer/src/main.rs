//! A token issuer for local use: it stands in for a Cognito user pool and for an OpenID provider.
//!
//! `serve` publishes the keys, `token` prints a token. Both use the signing key in one file, which
//! the first of them makes. For development only: whoever can run it can be anybody.

mod arguments;
mod key;
mod publish;
mod server;
mod token;

use std::{process::ExitCode, time::SystemTime};

use clap::Parser;
use jwt_simple::{algorithms::RSAKeyPairLike, reexports::rand};

use crate::{
    arguments::{Arguments, Command, ServeArguments, TokenArguments},
    publish::Published,
};

/// What any part of the issuer fails with: a sentence for the person at the terminal.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(arguments) => serve(&arguments),
        Command::Token(arguments) => print_token(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("products-issuer: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &ServeArguments) -> Result<(), Failure> {
    let key = key::load_or_generate(&arguments.key.path())?;
    let issuer = arguments.issuer.clone().unwrap_or_else(|| format!("http://{}", arguments.listen));
    eprintln!(
        "products-issuer: FOR DEVELOPMENT ONLY. Anybody on this machine who can read {} can sign any token.",
        arguments.key.path().display()
    );
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(server::serve(arguments.listen, Published::new(&key, issuer)?))
}

fn print_token(arguments: &TokenArguments) -> Result<(), Failure> {
    let key = key::load_or_generate(&arguments.key.path())?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let jwt_id = format!("{:032x}", rand::random::<u128>());
    let token = key.sign(token::claims(arguments, now, jwt_id)?)?;
    eprintln!("products-issuer: a token for development only; no real service accepts it");
    println!("{token}");
    Ok(())
}
