package objects

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestLinkEndsWithItsCredentials: a link promises no more time than the credentials that sign
// it are valid.
func TestLinkEndsWithItsCredentials(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		credentials aws.Credentials
		want        time.Duration
	}{
		{aws.Credentials{}, time.Hour}, // of a user: they do not end
		{aws.Credentials{SessionToken: "t"}, 15 * time.Minute},
		{aws.Credentials{SessionToken: "t", CanExpire: true, Expires: now.Add(20 * time.Minute)}, 20 * time.Minute},
		{aws.Credentials{SessionToken: "t", CanExpire: true, Expires: now.Add(5 * time.Hour)}, time.Hour},
		{aws.Credentials{SessionToken: "t", CanExpire: true, Expires: now.Add(-time.Second)}, -time.Second},
	} {
		if got := bound(test.credentials, now, time.Hour); got != test.want {
			t.Errorf("%+v: got %v, want %v", test.credentials, got, test.want)
		}
	}
}
