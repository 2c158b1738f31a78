package awscall_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"parley/infra/wiretest"
	"parley/shared/attempt"
	"parley/shared/awscall"
	"parley/shared/clock"
	"parley/shared/httpclient"
)

// config returns a configuration with a token, or without one.
func config(endpoint, token string) aws.Config {
	cfg := aws.Config{
		Region: "us-east-1", Retryer: attempt.Retryer,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: token}, nil
		}),
		APIOptions: []func(*middleware.Stack) error{wiretest.Bounded},
	}
	if endpoint != "" {
		cfg.BaseEndpoint = &endpoint
	}
	return cfg
}

type object = map[string]any

// newClient returns a Client. If the HTTP client of cfg is a hostRecorder, it gets the requests.
func newClient(cfg aws.Config, service awscall.Service) *awscall.Client {
	if hosts, ok := cfg.HTTPClient.(hostRecorder); ok {
		return awscall.NewOver(cfg, service, clock.System{}, func(base *url.URL) awscall.Transport { return recorder{hosts, base} })
	}
	return awscall.New(cfg, service, clock.System{})
}

// A call is one call, made by a Client and by the SDK. Each returns the output as JSON.
type call struct {
	name   string
	client func(context.Context, aws.Config) (any, error)
	sdk    func(context.Context, aws.Config) (any, error)
	answer string // of success
}

func calls() []call {
	text, key, path := "a <\u2028 \U0001F600 & \"b\"", "arn:aws:kms:us-east-1:1:key/x", "/parley/dev/seal-key"
	with := func(s awscall.Service, operation string, in object) func(context.Context, aws.Config) (any, error) {
		return func(ctx context.Context, cfg aws.Config) (any, error) {
			out := object{}
			err := newClient(cfg, s).Call(ctx, operation, in, &out)
			return out, err
		}
	}
	keys := awscall.Service{Name: "kms", Target: "TrentService", Version: "1.1"}
	return []call{
		{
			"Encrypt", with(keys, "Encrypt", object{"KeyId": key, "Plaintext": []byte("p"), "EncryptionContext": object{"parley": text}}),
			func(ctx context.Context, cfg aws.Config) (any, error) {
				out, err := kms.NewFromConfig(cfg).Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("p"), EncryptionContext: map[string]string{"parley": text}})
				if err != nil {
					return nil, err
				}
				return object{"CiphertextBlob": out.CiphertextBlob}, nil
			}, `{"CiphertextBlob":"AAEC"}`,
		},
		{
			"GetParameter", with(awscall.Service{Name: "ssm", Target: "AmazonSSM", Version: "1.1"}, "GetParameter", object{"Name": path, "WithDecryption": true}),
			func(ctx context.Context, cfg aws.Config) (any, error) {
				out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &path, WithDecryption: aws.Bool(true)})
				if err != nil {
					return nil, err
				}
				return object{"Parameter": object{"Value": out.Parameter.Value}}, nil
			}, `{"Parameter":{"Value":"00ff"}}`,
		},
		{
			"SendMessage",
			with(awscall.Service{Name: "sqs", Target: "AmazonSQS", Version: "1.0"}, "SendMessage", object{"QueueUrl": "http://q/1", "MessageBody": text, "DelaySeconds": 9}),
			func(ctx context.Context, cfg aws.Config) (any, error) {
				out, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("http://q/1"), MessageBody: &text, DelaySeconds: 9})
				if err != nil {
					return nil, err
				}
				return object{"MessageId": out.MessageId}, nil
			}, `{"MessageId":"1"}`,
		},
		{
			"DeleteConnection",
			func(ctx context.Context, cfg aws.Config) (any, error) {
				return object{}, newClient(cfg, awscall.Service{Name: "execute-api"}).Delete(ctx, "DeleteConnection", "/@connections/a%2Bb%3D")
			},
			func(ctx context.Context, cfg aws.Config) (any, error) {
				_, err := apigatewaymanagementapi.NewFromConfig(cfg).DeleteConnection(ctx, &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: aws.String("a+b=")})
				return object{}, err
			}, ``,
		},
	}
}

// A received is a request as a server receives it.
type received struct {
	method, uri, contentType, target, token, trace, scope, signed string
	body                                                          any
}

func receive(r *http.Request) received {
	text, _ := io.ReadAll(r.Body)
	var body any
	_ = json.Unmarshal(text, &body)
	credential, rest, _ := strings.Cut(r.Header.Get("Authorization"), ", SignedHeaders=")
	signed, _, _ := strings.Cut(rest, ",")
	// The headers in which the SDK names its try, and asks SQS for the names that errors had in an
	// older protocol.
	names := slices.DeleteFunc(strings.Split(signed, ";"), func(name string) bool {
		return strings.HasPrefix(name, "amz-sdk-") || name == "x-amzn-query-mode"
	})
	scope := strings.Split(credential, "/")
	scope[1] = "day" // the two requests may be sent on two days
	return received{
		r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("X-Amz-Target"), r.Header.Get("X-Amz-Security-Token"),
		r.Header.Get("X-Amzn-Trace-Id"), strings.Join(scope, "/"), strings.Join(names, ";"), body,
	}
}

// asJSON returns a value as it is in JSON.
func asJSON(v any) (plain any) {
	text, _ := json.Marshal(v)
	_ = json.Unmarshal(text, &plain)
	return plain
}

// TestCallsEqualThoseOfTheSDK compares the requests and the outputs.
func TestCallsEqualThoseOfTheSDK(t *testing.T) {
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "parley-dev-worker-background-run")
	for _, c := range calls() {
		for _, token := range []string{"", "token+/="} {
			trace := ""
			if token != "" {
				trace = "Root=1-6a2b-0123;Parent=45;Sampled=0;Lineage=1:a87bd80c:3"
			}
			t.Setenv("_X_AMZN_TRACE_ID", trace)
			var got received
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = receive(r)
				_, _ = w.Write([]byte(c.answer))
			}))
			out, err := c.client(t.Context(), config(server.URL, token))
			ours := got
			want, sdkErr := c.sdk(t.Context(), config(server.URL, token))
			server.Close()
			if err != nil || sdkErr != nil || ours.trace != trace {
				t.Errorf("%s: %v, of the SDK %v, trace %q, want %q", c.name, err, sdkErr, ours.trace, trace)
			}
			if !reflect.DeepEqual(ours, got) {
				t.Errorf("%s: the request\ngot  %+v\nwant %+v", c.name, ours, got)
			}
			if !reflect.DeepEqual(asJSON(out), asJSON(want)) {
				t.Errorf("%s: got %v, want %v", c.name, out, want)
			}
		}
	}
}

// outcome is what a call came to.
type outcome struct {
	ok            bool
	requests      int64
	status        int
	code, message string
	gaveUp        bool // after the last try
}

func outcomeOf(err error, requests int64) outcome {
	o := outcome{ok: err == nil, requests: requests}
	var api smithy.APIError
	if errors.As(err, &api) {
		o.code, o.message = api.ErrorCode(), api.ErrorMessage()
	}
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) {
		o.status = response.HTTPStatusCode()
	}
	o.gaveUp = err != nil && strings.Contains(err.Error(), "exceeded maximum number of attempts")
	return o
}

// TestTriesEqualThoseOfTheSDK shows after which answers a call is tried again, and that the SDK
// does the same and has the same error.
func TestTriesEqualThoseOfTheSDK(t *testing.T) {
	answer := func(status int, header, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set("X-Amzn-ErrorType", header)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		bad    int64 // so many requests have this answer
		want   int64 // requests
	}{
		{"the service is down once", answer(503, "", ""), 1, 2},
		{"an internal error, always", answer(500, "", `{"__type":"com.amazonaws.x#Unforeseen","message":"m"}`), 9, 3},
		{"throttled twice", answer(400, "", `{"__type":"ThrottlingException","message":"slow"}`), 2, 3},
		{"throttled always, by a header", answer(400, "RequestThrottled:http://x/", `{"message":"slow"}`), 9, 3},
		{"too many requests, without a code", answer(429, "", ""), 9, 3},
		{"no right", answer(400, "", `{"__type":"AccessDeniedException","Message":"no"}`), 9, 1},
		{"no right, by a header", answer(403, "ForbiddenException", ""), 9, 1},
		{"gone", answer(410, "GoneException", `{"message":"gone"}`), 9, 1},
		{"an error without a code", answer(404, "", `{}`), 9, 1},
		{"the connection is closed instead of an answer", func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = conn.Close()
			}
		}, 1, 2},
		{"a try that hangs", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = r.Body.Read(make([]byte, 1<<10)) // without this, the server does not notice that the client closes the connection
			<-r.Context().Done()
		}, 1, 2},
	} {
		for _, call := range calls() {
			t.Run(c.name+"/"+call.name, func(t *testing.T) {
				t.Parallel()
				var requests atomic.Int64
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if requests.Add(1) <= c.bad {
						c.answer(w, r)
						return
					}
					_, _ = w.Write([]byte(call.answer))
				}))
				defer server.Close()
				run := func(do func(context.Context, aws.Config) (any, error)) outcome {
					requests.Store(0)
					ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
					defer cancel()
					_, err := do(ctx, config(server.URL, ""))
					return outcomeOf(err, requests.Load())
				}
				got, want := run(call.client), run(call.sdk)
				if got.message == got.code || want.message == "" { // no message, or the SDK does not read it
					got.message, want.message = "", ""
				}
				if got != want || got.requests != c.want {
					t.Errorf("got %+v, the SDK %+v, want %d requests", got, want, c.want)
				}
			})
		}
	}
}

// TestCallEndsWithItsContext: a call whose context has ended sends nothing.
func TestCallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range calls() {
		hosts := hostRecorder{}
		cfg := config("", "")
		cfg.HTTPClient = hosts
		if _, err := c.client(ctx, cfg); !errors.Is(err, context.Canceled) || len(hosts) != 0 {
			t.Errorf("%s: %v and requests to %v, want %v and none", c.name, err, hosts, context.Canceled)
		}
	}
}

// TestDamagedAnswerIsAnError: an answer that is not JSON is an error, and is not tried again.
func TestDamagedAnswerIsAnError(t *testing.T) {
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		_, _ = w.Write([]byte(`{"Parameter":`))
	}))
	defer server.Close()
	if _, err := calls()[1].client(t.Context(), config(server.URL, "")); err == nil || requests.Load() != 1 {
		t.Errorf("got %v after %d requests, want an error after one", err, requests.Load())
	}
}

// TestWrongSettingsFailAtTheCall: a Client makes its parts at its first call, so an endpoint that
// is not an address makes the call fail.
func TestWrongSettingsFailAtTheCall(t *testing.T) {
	for _, endpoint := range []string{"/", "http://[", "localhost"} {
		if _, err := calls()[0].client(t.Context(), config(endpoint, "")); err == nil || !strings.Contains(err.Error(), "address") {
			t.Errorf("%q: got %v, want an error", endpoint, err)
		}
	}
}

// TestEndpointOfTheRegion: without an endpoint, the address is the one that the SDK finds, in
// each partition. Example: the names of China end with amazonaws.com.cn.
func TestEndpointOfTheRegion(t *testing.T) {
	for region, suffix := range map[string]string{
		"eu-central-1": "amazonaws.com", "us-gov-west-1": "amazonaws.com", "cn-north-1": "amazonaws.com.cn", "cn-northwest-1": "amazonaws.com.cn",
		"eusc-de-east-1": "amazonaws.eu", "us-iso-east-1": "c2s.ic.gov", "us-isob-east-1": "sc2s.sgov.gov", "us-isof-south-1": "csp.hci.ic.gov",
		"eu-isoe-west-1": "cloud.adc-e.uk",
	} {
		for i, service := range []string{"kms", "ssm", "sqs"} {
			ours, theirs := hostRecorder{}, hostRecorder{}
			cfg := config("", "")
			cfg.Region, cfg.HTTPClient, cfg.Retryer = region, ours, once
			_, _ = calls()[i].client(t.Context(), cfg)
			cfg.HTTPClient = theirs
			_, _ = calls()[i].sdk(t.Context(), cfg)
			if want := "https://" + service + "." + region + "." + suffix; !ours[want] || !reflect.DeepEqual(ours, theirs) {
				t.Errorf("%s in %s: got %v, the SDK %v, want %s", service, region, ours, theirs, want)
			}
		}
	}
}

// once is a retryer that tries once.
func once() aws.Retryer { return retryOnce{attempt.Retryer().(aws.RetryerV2)} }

type retryOnce struct{ aws.RetryerV2 }

// MaxAttempts implements aws.Retryer.
func (retryOnce) MaxAttempts() int { return 1 }

// hostRecorder records the hosts of requests and answers none.
type hostRecorder map[string]bool

// Do implements aws.HTTPClient.
func (h hostRecorder) Do(r *http.Request) (*http.Response, error) {
	h[r.URL.Scheme+"://"+r.URL.Host] = true
	return nil, os.ErrClosed
}

// recorder is a hostRecorder for the requests of a Client.
type recorder struct {
	hosts hostRecorder
	base  *url.URL
}

// Do implements awscall.Transport.
func (r recorder) Do(context.Context, *httpclient.Request, *httpclient.Response) error {
	r.hosts[r.base.Scheme+"://"+r.base.Host] = true
	return os.ErrClosed
}
