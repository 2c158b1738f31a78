package sigv4

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Link returns the query of a link: a GET request to S3 with a signature that anybody may send
// until life has passed (docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
// host and path are those of the link, the path escaped.
func (s *Signer) Link(host, path string, c aws.Credentials, now time.Time, life time.Duration) string {
	var at [stampLength]byte
	now.UTC().AppendFormat(at[:0], stampFormat)
	stamp, scope := string(at[:]), string(s.appendScope(nil, &at))
	query := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + Escape(c.AccessKeyID+"/"+scope) + "&X-Amz-Date=" + stamp +
		"&X-Amz-Expires=" + strconv.Itoa(int(life.Seconds()))
	if c.SessionToken != "" {
		query += "&X-Amz-Security-Token=" + Escape(c.SessionToken)
	}
	query += "&X-Amz-SignedHeaders=host"
	canonical := strings.Join([]string{"GET", path, query, "host:" + host, "", "host", "UNSIGNED-PAYLOAD"}, "\n")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", stamp, scope, Hash([]byte(canonical))}, "\n")
	key := s.signingKey(&at, c.SecretAccessKey)
	signature := key.sign([]byte(text))
	return query + "&X-Amz-Signature=" + hex.EncodeToString(signature[:])
}
