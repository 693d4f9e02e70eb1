package conform

import "github.com/govitals/govitals/metric"

// The metrics that the cases use, one of each sort.
var (
	level = metric.Desc{
		Name: "test.level", Unit: "By", Kind: metric.KindUpDownCounter,
		Help: "How full it is.", Action: "Empty it.", Labels: []string{"tank", "side"},
	}
	age = metric.Desc{
		Name: "test.age", Unit: "s", Kind: metric.KindGauge,
		Help: "How old it is.", Action: "Renew it.",
	}
	share = metric.Desc{
		Name: "test.share", Unit: "1", Kind: metric.KindGauge,
		Help: "Part of the whole.", Action: "None.",
	}
	parts = metric.Desc{
		Name: "test.parts", Unit: "1", Kind: metric.KindUpDownCounter,
		Help: "Parts that add up.", Action: "None.",
	}
	slope = metric.Desc{
		Name: "test.slope", Unit: "By/h", Kind: metric.KindGauge,
		Help: "How fast it grows.", Action: "Stop it.",
	}
	pace = metric.Desc{
		Name: "test.pace", Unit: "{item}/s", Kind: metric.KindGauge,
		Help: "How fast items come.", Action: "None.",
	}
	items = metric.Desc{
		Name: "test.items_in", Unit: "{item}", Kind: metric.KindCounter,
		Help: "Items so far.", Action: "Count them.", Labels: []string{"kind"},
	}
	spent = metric.Desc{
		Name: "test.spent", Unit: "s", Kind: metric.KindCounter,
		Help: "Time spent.", Action: "Spend less.",
	}
	delay = metric.Desc{
		Name: "test.delay", Unit: "s", Kind: metric.KindHistogram,
		Help: "How late it was.", Action: "Hurry.", Labels: []string{"line"},
	}
	sizes = metric.Desc{
		Name: "test.sizes", Unit: "By", Kind: metric.KindHistogram,
		Help: "How large they were.", Action: "None.", Bounds: []float64{1, 64, 4096},
	}
)
