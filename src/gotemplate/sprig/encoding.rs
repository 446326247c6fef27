//! Base 64 and 32, and digests in hexadecimal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::value::Value;

use Type::Text;

pub(super) const TABLE: &[Function] = &[
    Function::new("b64enc", &[Text], |call| Ok(STANDARD.encode(call.text(0)).into())),
    Function::new("b64dec", &[Text], base64_decoded),
    Function::new("b32enc", &[Text], |call| Ok(base32(call.text(0).as_bytes()).into())),
    Function::new("b32dec", &[Text], |call| {
        Ok(match from_base32(call.text(0)) {
            Ok(bytes) => text(&bytes),
            Err(at) => format!("illegal base32 data at input byte {at}").into(),
        })
    }),
    Function::new("sha1sum", &[Text], |call| Ok(hex(&Sha1::digest(call.text(0))))),
    Function::new("sha256sum", &[Text], |call| Ok(hex(&Sha256::digest(call.text(0))))),
    Function::new("sha512sum", &[Text], |call| Ok(hex(&Sha512::digest(call.text(0))))),
    Function::new("adler32sum", &[Text], |call| Ok(adler32(call.text(0).as_bytes()).to_string().into())),
];

fn text(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into_owned().into()
}

fn hex(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// What can't be decoded gives the error as the text, as Sprig does.
fn base64_decoded(call: &mut Call<'_, '_>) -> Outcome {
    let encoded: String = call.text(0).chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    Ok(match STANDARD.decode(&encoded) {
        Ok(bytes) => text(&bytes),
        Err(error) => {
            let at = match error {
                base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
                _ => encoded.len() / 4 * 4,
            };
            format!("illegal base64 data at input byte {at}").into()
        }
    })
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let mut group = [0u8; 5];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = group.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        let symbols = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let index = (bits >> (35 - 5 * at)) & 31;
            out.push(if at < symbols { char::from(BASE32[index as usize]) } else { '=' });
        }
    }
    out
}

/// The bytes, or where the text is wrong.
fn from_base32(text: &str) -> Result<Vec<u8>, usize> {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let symbols = text.trim_end_matches('=');
    if let Some(wrong) = symbols.bytes().position(|symbol| !BASE32.contains(&symbol)) {
        return Err(wrong);
    }
    if !text.len().is_multiple_of(8) {
        return Err(text.len() / 8 * 8);
    }
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u64, 0);
    for (at, symbol) in symbols.bytes().enumerate() {
        let value = BASE32.iter().position(|known| *known == symbol).ok_or(at)?;
        bits = (bits << 5 | value as u64) & 0xffff_ffff;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Ok(out)
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    b << 16 | a
}
