//! Passwords: hashed for a server's file, derived from a master password, and texts locked with one.

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::{Fault, Sight};

use Type::{Int, Text};

pub(super) const TABLE: &[Function] = &[
    Function::new("bcrypt", &[Text], |call| Ok(hashed(call.text(0)).into())).seeing(Sight::Fresh),
    Function::new("htpasswd", &[Text, Text], |call| {
        let user = call.text(0);
        if user.contains(':') {
            return Ok(format!("invalid username: {user}").into());
        }
        Ok(format!("{user}:{}", hashed(call.text(1))).into())
    })
    .seeing(Sight::Fresh),
    Function::new("derivePassword", &[Int, Text, Text, Text, Text], derived),
    Function::new("encryptAES", &[Text, Text], |call| locked(call.text(0), call.text(1))).seeing(Sight::Fresh),
    Function::new("decryptAES", &[Text, Text], |call| unlocked(call.text(0), call.text(1))),
];

const BCRYPT_COST: u32 = 10;

/// A password that can't be hashed is told in the text, as Sprig does.
fn hashed(password: &str) -> String {
    bcrypt::non_truncating_hash_with_result(password, BCRYPT_COST).map_or_else(
        |error| format!("failed to encrypt string with bcrypt: {error}"),
        |parts| parts.format_for_version(bcrypt::Version::TwoA),
    )
}

/// Kinds of derived passwords; the first byte of the seed picks one of the kind's patterns, one letter per character class.
const PATTERNS: &[(&str, &[&str])] = &[
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

const CLASSES: &[(char, &str)] = &[
    ('V', "AEIOU"),
    ('C', "BCDFGHJKLMNPQRSTVWXYZ"),
    ('v', "aeiou"),
    ('c', "bcdfghjklmnpqrstvwxyz"),
    ('A', "AEIOUBCDFGHJKLMNPQRSTVWXYZ"),
    ('a', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"),
    ('n', "0123456789"),
    ('o', "@&%?,=[]_:-+*$#!'^~;()/."),
    ('x', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()"),
];

/// What the Master Password algorithm calls itself in its seeds.
const SCOPE: &str = "com.lyndir.masterpassword";

/// `derivePassword COUNTER KIND PASSWORD USER SITE` by the Master Password algorithm (version 1, scrypt with N=2^15, r=8, p=2).
fn derived(call: &mut Call<'_, '_>) -> Outcome {
    let counter = u64::try_from(call.int(0)).map_err(|_| Fault::new("the counter can't be negative"))? as u32;
    let (kind, password, user, site) = (call.text(1), call.text(2), call.text(3), call.text(4));
    let Some((_, patterns)) = PATTERNS.iter().find(|(name, _)| *name == kind) else {
        return Ok(format!("cannot find password template {kind}").into());
    };
    let salt = [SCOPE.as_bytes(), &(user.len() as u32).to_be_bytes(), user.as_bytes()].concat();
    let mut key = [0; 64];
    let cost = scrypt::Params::new(15, 8, 2).map_err(underivable)?;
    scrypt::scrypt(password.as_bytes(), &salt, &cost, &mut key).map_err(underivable)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(underivable)?;
    for part in [SCOPE.as_bytes(), &(site.len() as u32).to_be_bytes(), site.as_bytes(), &counter.to_be_bytes()] {
        mac.update(part);
    }
    let seed = mac.finalize().into_bytes();
    let pick = |from: usize, byte: u8| usize::from(byte) % from.max(1);
    let pattern = patterns.get(pick(patterns.len(), seed[0])).copied().unwrap_or_default();
    let letter = |(class, byte): (char, &u8)| {
        let letters = CLASSES.iter().find(|(name, _)| *name == class).map_or("", |(_, letters)| letters);
        letters.as_bytes().get(pick(letters.len(), *byte)).copied().map(char::from)
    };
    Ok(pattern.chars().zip(seed.iter().skip(1)).filter_map(letter).collect::<String>().into())
}

const IV: usize = 16;

/// The password's first 32 bytes, filled up with zeros.
fn aes_key(password: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.iter_mut().zip(password.bytes()).for_each(|(to, from)| *to = from);
    key
}

/// AES-256-CBC with PKCS #7 padding under a random start vector, which stands first; base 64.
fn locked(password: &str, plain: &str) -> Outcome {
    if plain.is_empty() {
        return Ok("".into());
    }
    let mut iv = [0; IV];
    getrandom::fill(&mut iv).map_err(|error| Fault::new(format!("no random bytes: {error}")))?;
    let cipher = cbc::Encryptor::<Aes256>::new(&aes_key(password).into(), &iv.into());
    let mut sealed = iv.to_vec();
    sealed.extend(cipher.encrypt_padded_vec::<Pkcs7>(plain.as_bytes()));
    Ok(STANDARD.encode(sealed).into())
}

fn unlocked(password: &str, text: &str) -> Outcome {
    if text.is_empty() {
        return Ok("".into());
    }
    let sealed =
        STANDARD.decode(text).map_err(|error| Fault::new(format!("the text to decrypt is not base64: {error}")))?;
    let wrong =
        || Fault::new("the text does not decrypt: another password locked it, or it is not what encryptAES gave");
    let (iv, body) = sealed.split_first_chunk::<IV>().ok_or_else(wrong)?;
    let cipher = cbc::Decryptor::<Aes256>::new(&aes_key(password).into(), iv.into());
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(body).map_err(|_| wrong())?;
    Ok(String::from_utf8_lossy(&plain).into_owned().into())
}

fn underivable(error: impl std::fmt::Display) -> Fault {
    Fault::new(format!("the password can't be derived: {error}"))
}

#[cfg(test)]
mod tests {
    use crate::gotemplate::tests::rendered;

    #[test]
    fn derived_passwords_follow_the_published_algorithm() {
        let kinds = ["long", "maximum", "short", "basic", "pin", "foo"];
        let derived = kinds.map(|kind| {
            rendered(&format!("{{{{ derivePassword 1 {kind:?} \"password\" \"user\" \"example.com\" }}}}"))
        });
        let expected =
            ["ZedaFaxcZaso9*", "pf4zS1LjCg&LjhsZ7T2~", "Zed5", "pIS54PLs", "6685", "cannot find password template foo"];
        assert_eq!(derived, expected);
    }

    #[test]
    fn texts_open_with_the_password_that_locked_them() {
        let known = "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=";
        assert_eq!(rendered(&format!("{{{{ decryptAES \"secretkey\" {known:?} }}}}")), "plaintext");
        assert_eq!(rendered("{{ encryptAES \"k\" \"some text\" | decryptAES \"k\" }}"), "some text");
        let wrong = rendered(&format!("{{{{ decryptAES \"another\" {known:?} }}}}"));
        assert!(wrong.contains("another password locked it"), "{wrong}");
    }

    #[test]
    fn htpasswd_lines_hold_a_bcrypt_hash_of_the_password() {
        let line = rendered("{{ htpasswd \"jo\" \"sesame\" }}");
        let hash = line.strip_prefix("jo:").unwrap_or_default();
        assert!(hash.starts_with("$2a$10$"), "{line}");
        assert_eq!(bcrypt::verify("sesame", hash).ok(), Some(true));
        assert_eq!(rendered("{{ htpasswd \"a:b\" \"c\" }}"), "invalid username: a:b");
    }
}
