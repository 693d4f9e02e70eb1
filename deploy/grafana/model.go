package main

// What follows is the part of Grafana's model of a dashboard that is used here.

type dashboard struct {
	UID           string     `json:"uid"`
	Title         string     `json:"title"`
	Description   string     `json:"description"`
	Tags          []string   `json:"tags"`
	SchemaVersion int        `json:"schemaVersion"`
	Editable      bool       `json:"editable"`
	GraphTooltip  int        `json:"graphTooltip"` // 1: one cross-hair over all panels
	Refresh       string     `json:"refresh"`
	Time          timeRange  `json:"time"`
	Templating    templating `json:"templating"`
	Panels        []any      `json:"panels"` // panelModel or rowModel
}

type timeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type templating struct {
	List []variable `json:"list"`
}

type variable struct {
	Name       string     `json:"name"`
	Label      string     `json:"label"`
	Type       string     `json:"type"`
	Datasource *sourceRef `json:"datasource,omitempty"`
	Query      any        `json:"query"`
	Refresh    int        `json:"refresh,omitempty"` // 2: when the time range changes
	IncludeAll bool       `json:"includeAll"`
	Multi      bool       `json:"multi"`
	AllValue   string     `json:"allValue,omitempty"`
	Current    *option    `json:"current,omitempty"`
}

type option struct {
	Text  []string `json:"text"`
	Value []string `json:"value"`
}

type sourceRef struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// prometheus is the data source that was chosen at the top of the page.
func prometheus() *sourceRef { return &sourceRef{Type: "prometheus", UID: "${datasource}"} }

type gridPos struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

type rowModel struct {
	ID        int          `json:"id"`
	Type      string       `json:"type"` // always "row"
	Title     string       `json:"title"`
	Collapsed bool         `json:"collapsed"`
	GridPos   gridPos      `json:"gridPos"`
	Panels    []panelModel `json:"panels"`
}

type panelModel struct {
	ID          int            `json:"id"`
	Type        string         `json:"type"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Datasource  *sourceRef     `json:"datasource"`
	GridPos     gridPos        `json:"gridPos"`
	FieldConfig fieldConfig    `json:"fieldConfig"`
	Options     map[string]any `json:"options"`
	Targets     []targetModel  `json:"targets"`
}

type fieldConfig struct {
	Defaults  fieldDefaults `json:"defaults"`
	Overrides []any         `json:"overrides"`
}

type fieldDefaults struct {
	Unit    string         `json:"unit"`
	NoValue string         `json:"noValue"`
	Custom  map[string]any `json:"custom,omitempty"`
}

type targetModel struct {
	RefID        string     `json:"refId"`
	Datasource   *sourceRef `json:"datasource"`
	Expr         string     `json:"expr"`
	LegendFormat string     `json:"legendFormat"`
	Instant      bool       `json:"instant"`
	Range        bool       `json:"range"`
	Format       string     `json:"format"`
}
