//! The primitives under `PC1` against the Wycheproof vectors, with the parameters that `PC1` uses.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use wycheproof::{aead, hkdf as hkdf_vectors, mac};

#[test]
fn aes_256_gcm() {
    let mut run = 0;
    let set = aead::TestSet::load(aead::TestName::AesGcm).expect("the vectors are there");
    let groups = set.test_groups.iter();
    for group in groups.filter(|group| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128)) {
        for test in &group.tests {
            let key = || LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &test.key).expect("32 bytes"));
            let nonce = || Nonce::try_assume_unique_for_key(&test.nonce).expect("12 bytes");
            let mut sealed = test.pt.to_vec();
            key().seal_in_place_append_tag(nonce(), Aad::from(&test.aad[..]), &mut sealed).expect("short");
            let expected = [&test.ct[..], &test.tag[..]].concat();
            assert_eq!(sealed == expected, !test.result.must_fail(), "seal, test {}", test.tc_id);

            let mut plaintext = vec![0; test.ct.len()];
            let opened = key().open_separate_gather(
                nonce(),
                Aad::from(&test.aad[..]),
                &test.ct,
                &test.tag,
                &mut plaintext,
            );
            assert_eq!(opened.is_ok(), !test.result.must_fail(), "open, test {}", test.tc_id);
            assert!(opened.is_err() || plaintext == test.pt[..], "plaintext, test {}", test.tc_id);
            run += 1;
        }
    }
    assert!(run >= 60, "{run} vectors of AES-256-GCM with 96-bit nonces");
}

#[test]
fn hkdf_sha512() {
    let mut run = 0;
    let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::HkdfSha512).expect("the vectors are there");
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA512, &test.salt);
        let mut okm = vec![0; test.size];
        let prk = salt.extract(&test.ikm);
        let expanded =
            prk.expand(&[&test.info], OkmLen(test.size)).and_then(|expanded| expanded.fill(&mut okm));
        assert_eq!(expanded.is_ok(), !test.result.must_fail(), "test {}", test.tc_id);
        assert!(expanded.is_err() || okm == test.okm[..], "test {}", test.tc_id);
        run += 1;
    }
    assert!(run >= 80, "{run} vectors of HKDF-SHA512");
}

#[test]
fn hmac_sha256() {
    let mut run = 0;
    let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("the vectors are there");
    for group in set.test_groups.iter().filter(|group| group.tag_size == 256) {
        for test in &group.tests {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &test.key);
            let verified = hmac::verify(&key, &test.msg, &test.tag);
            assert_eq!(verified.is_ok(), !test.result.must_fail(), "test {}", test.tc_id);
            run += 1;
        }
    }
    assert!(run >= 80, "{run} vectors of HMAC-SHA256");
}

struct OkmLen(usize);

impl hkdf::KeyType for OkmLen {
    fn len(&self) -> usize {
        self.0
    }
}
