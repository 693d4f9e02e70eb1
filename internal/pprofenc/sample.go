package pprofenc

// sample writes a sample, and before it what its stack refers to.
func (e *encoder) sample(s Sample, hideRuntime bool) {
	e.ids = e.ids[:0]
	for rest := e.symbols.stack(s.Stack, hideRuntime); len(rest) > 0; {
		pc := rest[0]
		var at *place
		at, rest = e.symbols.next(rest)
		if at.from == at.to {
			continue
		}
		if at.location == 0 {
			e.location(at, pc)
		}
		e.ids = append(e.ids, at.location)
	}
	m := e.message[:0]
	m, e.inner = appendPacked(m, e.inner, sampleLocation, e.ids)
	m, e.inner = appendPacked(m, e.inner, sampleValue, s.Values)
	if s.BytesPerObject != 0 {
		// Without a unit, as runtime/pprof writes it: pprof takes it from the key.
		e.inner = appendNumber(e.inner[:0], labelKey, e.bytesKey)
		e.inner = appendNumber(e.inner, labelNumber, uint64(s.BytesPerObject))
		m = appendBytes(m, sampleLabel, e.inner)
	}
	e.put(profileSample, m)
}

// location writes a place, and before it its functions.
func (e *encoder) location(at *place, pc uintptr) {
	e.locations++
	at.location = e.locations
	frames := e.symbols.frames[at.from:at.to]
	for _, f := range frames {
		e.function(f)
	}
	m := appendNumber(e.message[:0], locationID, at.location)
	m = appendNumber(m, locationMapping, e.mappings.use(pc, frames[0]))
	m = appendNumber(m, locationAddress, uint64(frames[0].pc))
	for _, f := range frames {
		if f.known {
			e.inner = appendNumber(e.inner[:0], lineFunction, e.functions[function{f.function, f.file}])
			e.inner = appendNumber(e.inner, lineNumber, uint64(f.line))
			m = appendBytes(m, locationLine, e.inner)
		}
	}
	e.put(profileLocation, m)
}

// function writes a function unless it is there already or not known.
func (e *encoder) function(f frame) {
	key := function{f.function, f.file}
	if !f.known || e.functions[key] != 0 {
		return
	}
	id := uint64(len(e.functions) + 1)
	e.functions[key] = id
	name, file := e.text(f.function), e.text(f.file)
	m := appendNumber(e.message[:0], functionID, id)
	m = appendNumber(m, functionName, name)
	m = appendNumber(m, functionSystemName, name)
	e.put(profileFunction, appendNumber(m, functionFile, file))
}

func (e *encoder) mapping(id uint64, m mapping) {
	buildID := ""
	if m.used {
		buildID = readBuildIDOf(m.file)
	}
	file, build := e.text(m.file), e.text(buildID)
	b := appendNumber(e.message[:0], mappingID, id)
	b = appendNumber(b, mappingStart, m.start)
	b = appendNumber(b, mappingLimit, m.limit)
	b = appendNumber(b, mappingOffset, m.offset)
	b = appendNumber(b, mappingFile, file)
	b = appendNumber(b, mappingBuildID, build)
	if m.used && !m.gaps {
		b = appendNumber(b, mappingHasFunctions, 1)
	}
	e.put(profileMapping, b)
}
