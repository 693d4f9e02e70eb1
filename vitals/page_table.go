package vitals

import "strings"

// tableView is a table as pages show it.
type tableView struct {
	Title string
	Quiet bool // the title is for those who cannot see where the table stands
	Heads []cell
	Rows  [][]cell
}

// cell is a piece of text in a table.
type cell struct {
	Text, Small, Link string
	Number, Code      bool
}

// placeColumn heads the column whose cells belong to the one before.
const placeColumn = "place"

// tableOf lays a table out: figures to the right, the place of a function below it.
func tableOf(t Table, quiet bool) *tableView {
	view := &tableView{Title: t.Title, Quiet: quiet}
	numbers := make([]bool, len(t.Columns))
	for column, head := range t.Columns {
		numbers[column] = numeric(t, column)
		if head != placeColumn {
			view.Heads = append(view.Heads, cell{Text: head, Number: numbers[column]})
		}
	}
	for _, row := range t.Rows {
		view.Rows = append(view.Rows, cellsOf(t, row, numbers))
	}
	return view
}

func cellsOf(t Table, row []string, numbers []bool) (cells []cell) {
	for column, words := range row {
		switch {
		case column >= len(t.Columns):
		case t.Columns[column] == placeColumn && len(cells) > 0:
			cells[len(cells)-1].Small = words
		default:
			next := cell{Text: words, Number: numbers[column], Code: len(cells) == 0 && codeLike(t.Columns[column])}
			if strings.HasPrefix(words, capturePrefix) {
				next.Link, next.Text, next.Code = words, "download", false
			}
			cells = append(cells, next)
		}
	}
	return cells
}

// codeLike reports whether a column names things of the program.
func codeLike(head string) bool {
	return strings.Contains(head, "site") || strings.Contains(head, "go") || head == "metric" || head == "path"
}

// numeric reports whether a column holds figures and nothing else.
func numeric(t Table, column int) bool {
	if head := t.Columns[column]; column == 0 || head == "states" || head == "values" {
		return false
	}
	figures := false
	for _, row := range t.Rows {
		if column >= len(row) {
			return false
		}
		words := row[column]
		if words == "" || words == "–" {
			continue
		}
		if !strings.ContainsRune("+-0123456789", rune(words[0])) || len(words) > 20 {
			return false
		}
		figures = true
	}
	return figures
}
