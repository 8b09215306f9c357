package sigv4_test

import (
	"bytes"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/quoinhq/quoin/internal/sigv4"
)

const docSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// upload is the example of the S3 API reference, "Transferring payload in
// multiple chunks", without and with trailing headers.
func upload(t testing.TB, trailer bool) (v *sigv4.Verifier, a *sigv4.Auth, body string) {
	t.Helper()
	seed, mode, signed := "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", sigv4.StreamingSigned,
		"content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"
	sigs := []string{"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
		"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
		"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"}
	end := "\r\n"
	if trailer {
		seed, mode = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", sigv4.StreamingSignedTrailer
		signed = "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer"
		sigs = []string{"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
			"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
			"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"}
		end = "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
	}
	r := httptest.NewRequest("PUT", "/examplebucket/chunkObject.txt", nil)
	r.Host = "s3.amazonaws.com"
	for k, v := range map[string]string{
		"X-Amz-Date": "20130524T000000Z", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY", "X-Amz-Content-Sha256": mode,
		"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "66560",
		"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" + signed + ",Signature=" + seed,
	} {
		r.Header.Set(k, v)
	}
	if trailer {
		r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32c")
	} else {
		r.Header.Set("Content-Length", "66824")
	}
	v = sigv4.NewVerifier(sigv4.Config{Region: "us-east-1", Services: []string{"s3"}})
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Verify(a, docSecret, "", time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	body = "10000;chunk-signature=" + sigs[0] + "\r\n" + strings.Repeat("a", 65536) + "\r\n" +
		"400;chunk-signature=" + sigs[1] + "\r\n" + strings.Repeat("a", 1024) + "\r\n" +
		"0;chunk-signature=" + sigs[2] + "\r\n" + end
	return v, a, body
}

func TestChunksPublishedExamples(t *testing.T) {
	for name, trailer := range map[string]bool{"signed": false, "signed with trailer": true} {
		t.Run(name, func(t *testing.T) {
			v, a, body := upload(t, trailer)
			for how, wrap := range map[string]func(io.Reader) io.Reader{
				"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "data with EOF": iotest.DataErrReader} {
				r := v.Chunks(a, docSecret, wrap(strings.NewReader(body)))
				got, err := io.ReadAll(r)
				if err != nil || len(got) != 66560 || strings.Trim(string(got), "a") != "" {
					t.Fatalf("%s: %d bytes, %v", how, len(got), err)
				}
				if trailer && r.Trailer.Get("X-Amz-Checksum-Crc32c") != "sOO8/Q==" {
					t.Errorf("%s: trailer %v", how, r.Trailer)
				}
			}
		})
	}
}

func TestChunksRefused(t *testing.T) {
	replace := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	for _, c := range []struct {
		name    string
		trailer bool
		bend    func(string) string
	}{
		{"data", false, replace("aaaa", "aaba")},
		{"first signature", false, replace("ad80", "ad81")},
		{"last signature", false, replace("b6c6", "b6c7")},
		{"chunk left out", false, func(s string) string {
			i, j := strings.Index(s, "400;"), strings.Index(s, "0;chunk-signature=b6")
			return s[:i] + s[j:]
		}},
		{"end left out", false, func(s string) string { return s[:strings.Index(s, "0;chunk-signature=b6")] }},
		{"cut in a chunk", false, func(s string) string { return s[:1000] }},
		{"size too small", false, replace("400;", "3ff;")},
		{"size too great", false, replace("400;", "401;")},
		{"size enormous", false, replace("400;", "fffffffffffffff;")},
		{"no size", false, replace("400;", ";")},
		{"no signature", false, replace(";chunk-signature=0055", ";chunk=0055")},
		{"no signature at all", false, func(string) string { return "1\r\na\r\n0\r\n\r\n" }},
		{"trailer that was not announced", false, func(s string) string { return strings.TrimSuffix(s, "\r\n") + "x-amz-a:b\r\n\r\n" }},
		{"trailer value", true, replace("sOO8", "sOO9")},
		{"trailer signature", true, replace("d81f", "d81e")},
		{"trailer without signature", true, func(s string) string { return s[:strings.Index(s, "x-amz-trailer-signature")] + "\r\n" }},
		{"line without end", false, func(string) string { return strings.Repeat("1", 10000) }},
		{"empty", false, func(string) string { return "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, a, body := upload(t, c.trailer)
			_, err := io.ReadAll(v.Chunks(a, docSecret, strings.NewReader(c.bend(body))))
			var e *sigv4.Error
			if err == nil || !errors.As(err, &e) && err != io.ErrUnexpectedEOF {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestBody(t *testing.T) {
	v := newVerifier()
	for _, c := range []struct {
		name, hash, body, want string
		ok                     bool
	}{
		{"hash", sigv4.HashBody([]byte("hello")), "hello", "hello", true},
		{"wrong hash", sigv4.HashBody([]byte("hello")), "hellO", "", false},
		{"unsigned", sigv4.UnsignedPayload, "hello", "hello", true},
		{"unsigned with trailer", sigv4.StreamingUnsignedTrailer, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "hello", true},
		{"unsigned with trailer, last line missing", sigv4.StreamingUnsignedTrailer, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n", "hello", true},
		{"unsigned with trailer, cut", sigv4.StreamingUnsignedTrailer, "5\r\nhel", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("PUT", "/b/k", nil)
			if err := sigv4.Sign(r, longTerm, region, "s3", c.hash, now); err != nil {
				t.Fatal(err)
			}
			a, err := sigv4.Parse(r)
			if err == nil {
				err = v.Verify(a, secret, "", now)
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(v.Body(a, secret, strings.NewReader(c.body)))
			if c.ok != (err == nil) || c.ok && string(got) != c.want {
				t.Fatalf("%q %v", got, err)
			}
		})
	}
}

// Decoding never panics, never makes data, and gives none out as whole that is
// not signed.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("5;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\nhello\r\n0;chunk-signature=b6\r\n\r\n"))
	f.Add([]byte("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"))
	f.Add([]byte("0\r\n\r\n"))
	v, a, _ := upload(f, true)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, mode := range []string{sigv4.StreamingSigned, sigv4.StreamingSignedTrailer, sigv4.StreamingUnsignedTrailer} {
			one := *a
			one.BodyHash = mode
			got, err := io.ReadAll(v.Chunks(&one, docSecret, bytes.NewReader(b)))
			if len(got) > len(b) {
				t.Fatal("more came out than went in")
			}
			if mode != sigv4.StreamingUnsignedTrailer && err == nil {
				t.Fatalf("accepted %q", b)
			}
		}
	})
}
