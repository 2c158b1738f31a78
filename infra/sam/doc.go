// Package sam invokes functions with `sam local invoke`, like somebody who deploys Parley: the
// real SAM CLI reads the templates and starts the program in a container, which uses a
// DynamoDB Local on this machine.
//
// If Docker runs, it runs the containers. If not, podman does, as root: without Docker, without
// a registry, and without a setting outside of .local/podman.
package sam
