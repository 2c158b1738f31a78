package cost

import (
	"fmt"
	"strings"
)

// Prices in US dollars per million of what their name says, us-east-1. Prices lists them with
// their sources.
const (
	writeUnit       = 0.625
	readUnit        = 0.125
	queueCall       = 0.40
	httpCall        = 1.00
	frame           = 1.00 // a WebSocket message of up to 32 KB, in either direction
	connectedMinute = 0.25
	invocation      = 0.20
	keyCall         = 3.00
	transferByte    = 0.09 / 1e9 * 1e6
	logByte         = 0.50 / 1e9 * 1e6
	gbSecond        = 0.0000133334 * 1e6 // of a function on arm64
)

// millisecond is the price of a million milliseconds of a function with so many MB.
func millisecond(memory int) float64 { return gbSecond * float64(memory) / 1024 / 1000 }

// A Price is one of AWS's list prices.
type Price struct {
	Of     string
	USD    float64 // for a million
	Source string  // the page
}

// Prices lists the prices of which every other table of costs is made.
func Prices() []Price {
	const dynamo, gateway, lambda = "https://aws.amazon.com/dynamodb/pricing/on-demand/", "https://aws.amazon.com/api-gateway/pricing/", "https://aws.amazon.com/lambda/pricing/"
	return []Price{
		{"write request units (W)", writeUnit, dynamo},
		{"read request units (R)", readUnit, dynamo},
		{"requests to SQS; a job is sent, received and deleted", queueCall, "https://aws.amazon.com/sqs/pricing/"},
		{"calls over HTTP", httpCall, gateway},
		{"WebSocket messages of up to 32 KB, in either direction", frame, gateway},
		{"minutes of a connection", connectedMinute, gateway},
		{"invocations of a function", invocation, lambda},
		{"GB-seconds of a function on arm64", gbSecond, lambda},
		{"requests to KMS", keyCall, "https://aws.amazon.com/kms/pricing/"},
		{"KB of data out", transferByte * 1000, "https://aws.amazon.com/ec2/pricing/on-demand/"},
		{"KB of log lines", logByte * 1000, "https://aws.amazon.com/cloudwatch/pricing/"},
	}
}

// FormatPrices returns the table of prices as text.
func FormatPrices() string {
	var b strings.Builder
	b.WriteString("a million\tusd\tsource\n")
	for _, p := range Prices() {
		fmt.Fprintf(&b, "%s\t%s\t%s\n", p.Of, short(float64(int(p.USD*1e6+0.5))/1e6), p.Source)
	}
	return b.String()
}
