package heap_test

import (
	"context"
	"log"

	"github.com/govitals/govitals/heap"
)

func ExampleRecorder() {
	watch := func(ctx context.Context) (stop func(), err error) {
		monitor, err := heap.NewMonitor(heap.MonitorConfig{})
		if err != nil {
			return nil, err
		}
		recorder, err := heap.NewRecorder(heap.RecorderConfig{Dir: "/var/lib/myservice/captures", Monitor: monitor})
		if err != nil {
			return nil, err
		}
		if err := monitor.Start(ctx); err != nil {
			return nil, err
		}
		if err := recorder.Start(ctx); err != nil {
			return nil, err
		}
		for _, capture := range recorder.Captures() {
			if !capture.Own && capture.Kind == heap.CaptureLastWords {
				log.Printf("the life before ended near its memory limit: %s", capture.ID)
			}
		}
		return func() { _, _ = recorder.Close(), monitor.Close() }, nil
	}
	_ = watch
}
