package metric

import "strings"

// Namespace is the first part of every exported name.
const Namespace = "govitals"

// PrometheusName returns the name under which Prometheus sees the metric:
// namespace, name, base unit and, on a counter, "total", joined by "_".
// OpenTelemetry's own translation of [Desc.OpenTelemetryName] gives the same
// name, unless OTelName is set, so one dashboard serves both ways in.
func (d Desc) PrometheusName() string {
	name := Namespace + "_" + strings.ReplaceAll(d.Name, ".", "_")
	if suffix := d.unitSuffix(); suffix != "" {
		name += "_" + suffix
	}
	if d.Kind == KindCounter {
		name += "_total"
	}
	return name
}

// unitSuffix returns what the unit adds to the Prometheus name. A "1" is a
// ratio on a gauge; elsewhere it says nothing.
func (d Desc) unitSuffix() string {
	if d.Unit == "1" && d.Kind != KindGauge {
		return ""
	}
	return prometheusUnit(d.Unit)
}

// OpenTelemetryName returns the name under which OpenTelemetry sees the metric.
func (d Desc) OpenTelemetryName() string {
	if d.OTelName != "" {
		return d.OTelName
	}
	return Namespace + "." + d.Name
}

// prometheusUnit translates a UCUM code into the plural base unit of
// Prometheus, as the OpenTelemetry to Prometheus compatibility specification
// does: annotations in braces vanish, "/" becomes "per".
func prometheusUnit(ucum string) string {
	over, under, isRate := strings.Cut(ucum, "/")
	switch {
	case !isRate:
		return baseUnits[over]
	case over == "1" || baseUnits[over] == "":
		return "per_" + perUnits[under]
	}
	return baseUnits[over] + "_per_" + perUnits[under]
}

var baseUnits = map[string]string{"By": "bytes", "s": "seconds", "1": "ratio", "%": "percent"}

var perUnits = map[string]string{"s": "second", "h": "hour", "d": "day"}
