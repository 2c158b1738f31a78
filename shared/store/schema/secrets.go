package schema

import (
	"strconv"
	"strings"
)

// Secrets is the secrets that sign UserSigs, encrypted.
const Secrets Aggregate = "secrets"

func secrets() Descriptor {
	return Descriptor{
		Aggregate: Secrets, Table: Core,
		Reads: []string{query}, Writes: []string{put, update, remove},
		Kinds: []Kind{{In: secretsForm(), SK: prefixSecret + "{n}", Prefix: prefixSecret, parse: accepts(ParseSecretSK)}},
	}
}

const prefixSecret = "KEY#"

// Attributes of a secret, `KEY#{n}`; it never changes, since a new secret is a new key
const (
	SecretSealed Attribute = "s" // bytes: the secret, encrypted by KMS
)

func secretsForm() Form { return Form{Kind: "AK"} }

// SecretsPK is the partition of the secrets that sign UserSigs. Only operations that check
// signatures may read it.
func SecretsPK(app int64) string { return secretsForm().pk(app, "") }

// SecretKey is the secret of the n-th signing key of an application, sealed (KEY#n).
func SecretKey(app int64, n int) Key {
	return Key{PK: SecretsPK(app), SK: prefixSecret + strconv.Itoa(n)}
}

// ParseSecretSK returns the number of a signing key.
func ParseSecretSK(sk string) (n int, ok bool) {
	text, ok := strings.CutPrefix(sk, prefixSecret)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && strconv.Itoa(n) == text
}
