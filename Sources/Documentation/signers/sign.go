// Signs a request for Gatehouse and prints its headers. Needs Go 1.18 and nothing else.
//
//	GATEHOUSE_KEY_ID=acme:s1 GATEHOUSE_SECRET=ghs_… GATEHOUSE_TOKEN=… go run sign.go METHOD URL [BODY-FILE]
package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	target, err := url.Parse(os.Args[2])
	if err != nil {
		panic(err)
	}
	path, random := target.EscapedPath(), make([]byte, 16)
	if path == "" {
		path = "/"
	}
	rand.Read(random)
	authority := regexp.MustCompile(`:(80|443)$`).ReplaceAllString(strings.ToLower(target.Host), "")
	covered := [][2]string{{"@method", os.Args[1]}, {"@authority", authority}, {"@path", path}, {"@query", "?" + target.RawQuery}}
	cover := func(name, value string) {
		covered = append(covered, [2]string{strings.ToLower(name), value})
		fmt.Printf("%s: %s\n", name, value)
	}
	cover("Authorization", "Bearer "+os.Getenv("GATEHOUSE_TOKEN"))
	if len(os.Args) > 3 {
		body, err := os.ReadFile(os.Args[3])
		if err != nil {
			panic(err)
		}
		digest := sha256.Sum256(body)
		cover("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest[:])+":")
		cover("Content-Type", env("CONTENT_TYPE", "application/json"))
	}
	if key := os.Getenv("IDEMPOTENCY_KEY"); key != "" {
		cover("Idempotency-Key", key)
	}
	names, base := []string{}, ""
	for _, line := range covered {
		names = append(names, `"`+line[0]+`"`)
		base += fmt.Sprintf("\"%s\": %s\n", line[0], line[1])
	}
	parameters := fmt.Sprintf(`(%s);created=%s;nonce="%s";keyid="%s";alg="hmac-sha256";tag="gatehouse"`, strings.Join(names, " "),
		env("CREATED", fmt.Sprint(time.Now().Unix())), env("NONCE", fmt.Sprintf("%x", random)), os.Getenv("GATEHOUSE_KEY_ID"))
	// HKDF-SHA-256 without salt, 32 bytes (RFC 5869): extract, then expand once.
	key := mac(mac(make([]byte, 32), []byte(os.Getenv("GATEHOUSE_SECRET"))), []byte("gatehouse request signing v1\x01"))
	signature := base64.StdEncoding.EncodeToString(mac(key, []byte(base+`"@signature-params": `+parameters)))
	fmt.Printf("Signature-Input: gatehouse=%s\nSignature: gatehouse=:%s:\n", parameters, signature)
}
