package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/argoproj/gitops-engine/pkg/health"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// The longest object that is read.
const longest = 1 << 20

type verdict struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// tellHealth prints for each object what Argo CD and what kstatus (Flux, kpt, kubectl plugins) make of it.
func tellHealth(checks checks, input io.Reader) error {
	lines := bufio.NewScanner(input)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(lines.Bytes()); err != nil {
			return err
		}
		argo, err := health.GetResourceHealth(object, checks)
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
		if argo == nil {
			return fmt.Errorf("there is no health check for %s", object.GroupVersionKind())
		}
		computed, err := status.Compute(object)
		if err != nil {
			return err
		}
		if err := tell(map[string]verdict{
			"argo":    {string(argo.Status), argo.Message},
			"kstatus": {computed.Status.String(), computed.Message},
		}); err != nil {
			return err
		}
	}
	return lines.Err()
}
