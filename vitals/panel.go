package vitals

import "time"

// Panel is one chart of the page: a question about the process, answered by a
// sentence, by lines over time, and by a table of who is behind it.
type Panel struct {
	// Name is the panel in one lower-case word that links and programs use.
	Name string `json:"name"`
	// Title is what the panel shows, as a person calls it.
	Title string `json:"title"`
	// Unit is the UCUM code of the values of all lines without one of their own.
	Unit string `json:"unit"`
	// Sentence says what the figures mean, or why there are none.
	Sentence string `json:"sentence"`
	// Stacked says that the lines add up to a whole.
	Stacked bool `json:"stacked,omitzero"`
	// Limit is what the values must stay below, 0 if there is no such limit.
	Limit float64 `json:"limit,omitzero"`
	// Forecast is where the first line goes, nil where it does not grow.
	Forecast *Forecast `json:"forecast,omitempty"`
	// Lines are drawn one over the other, or stacked.
	Lines []Line `json:"lines,omitempty"`
	// Table names who is behind the figures.
	Table Table `json:"table,omitzero"`
	// PromQL are the queries that show the same in Prometheus.
	PromQL []string `json:"promql,omitempty"`
}

// Line is one figure over time.
type Line struct {
	// Name tells the line from the others of its panel.
	Name string `json:"name"`
	// Unit is the UCUM code of the values, where it is not that of the panel.
	Unit string `json:"unit,omitzero"`
	// Now is the last value that is kept.
	Now float64 `json:"now"`
	// Min is the lowest value that is kept.
	Min float64 `json:"min"`
	// Max is the highest value that is kept.
	Max float64 `json:"max"`
	// Points are the values in the order of time, left out unless asked for.
	Points []Point `json:"points,omitempty"`
}

// Point is a figure within a stretch of time.
type Point struct {
	// At is when the stretch began.
	At time.Time `json:"at"`
	// Value is the last figure in it, in the unit of its line.
	Value float64 `json:"value"`
	// Min and Max are the lowest and the highest one in it.
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Forecast is the pace of a figure, in its unit per hour.
type Forecast struct {
	// PerHour is the most likely pace.
	PerHour float64 `json:"per_hour"`
	// Low and High bound it at 95 %.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// ReachesLimit is when the limit is reached, zero if that is not foreseen.
	ReachesLimit time.Time `json:"reaches_limit,omitzero"`
}

// Table holds figures in words, as the page shows them.
type Table struct {
	// Title says what the rows are.
	Title string `json:"title,omitzero"`
	// Columns head the cells of each row.
	Columns []string `json:"columns"`
	// Rows have one cell for each column.
	Rows [][]string `json:"rows"`
}

// IsZero reports whether there is no table.
func (t Table) IsZero() bool { return len(t.Columns) == 0 }
