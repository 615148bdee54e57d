package article

import "encoding/binary"

// avifSize reads the size of the primary image of an AVIF file (AV1 Image File
// Format §2, on boxes of ISO/IEC 14496-12 §4.2 and properties of ISO/IEC
// 23008-12 §6.5): the ispe that ipma assigns to the item that pitm names. A
// quarter turn (irot) exchanges width and height.
//
// It reads only what lies within head and no box twice.
func avifSize(head []byte) (size, error) {
	if brand := box(head, "ftyp"); len(brand) < 4 || string(brand[:3]) != "avi" {
		return size{}, errNoSize
	}
	meta := full(box(head, "meta"), 0)
	properties := box(meta, "iprp")
	list := box(properties, "ipco")
	if list == nil {
		return size{}, errNoSize
	}
	var found size
	turned := false
	for _, index := range assigned(box(properties, "ipma"), primary(box(meta, "pitm"))) {
		switch kind, body := nth(list, index); {
		case kind == "ispe" && len(body) >= 12:
			found = size{int(binary.BigEndian.Uint32(body[4:])), int(binary.BigEndian.Uint32(body[8:]))}
		case kind == "irot" && len(body) >= 1:
			turned = body[0]&1 == 1
		}
	}
	if turned {
		found.width, found.height = found.height, found.width
	}
	if !found.plausible() {
		return size{}, errNoSize
	}
	return found, nil
}

// nextBox cuts the first box off. At the end, or where there is none, kind is
// empty. A box that goes on beyond data is cut.
func nextBox(data []byte) (kind string, body, rest []byte) {
	if len(data) < 8 {
		return "", nil, nil
	}
	length, from := uint64(binary.BigEndian.Uint32(data)), uint64(8)
	switch {
	case length == 0: // to the end
		length = uint64(len(data))
	case length == 1 && len(data) >= 16:
		length, from = binary.BigEndian.Uint64(data[8:]), 16
	}
	if length < from {
		return "", nil, nil
	}
	length = min(length, uint64(len(data)))
	return string(data[4:8]), data[from:length], data[length:]
}

// box gives the body of the first box of a kind, nil when there is none.
func box(data []byte, kind string) []byte {
	for {
		found, body, rest := nextBox(data)
		if found == kind || found == "" {
			return body
		}
		data = rest
	}
}

// nth gives the n-th box, from 1.
func nth(data []byte, n int) (kind string, body []byte) {
	for range n {
		if kind, body, data = nextBox(data); kind == "" {
			return "", nil
		}
	}
	return kind, body
}

// full skips version and flags, and more bytes behind them.
func full(body []byte, more int) []byte {
	if len(body) < 4+more {
		return nil
	}
	return body[4+more:]
}

// primary reads the number of the primary item; 0 when there is none.
func primary(pitm []byte) uint32 {
	item, _ := itemID(full(pitm, 0), len(pitm) > 0 && pitm[0] > 0)
	return item
}

// itemID cuts off the number of an item, of 4 bytes or of 2.
func itemID(data []byte, wide bool) (id uint32, rest []byte) {
	switch {
	case wide && len(data) >= 4:
		return binary.BigEndian.Uint32(data), data[4:]
	case !wide && len(data) >= 2:
		return uint32(binary.BigEndian.Uint16(data)), data[2:]
	}
	return 0, nil
}

// assigned gives the places in ipco of the properties of an item, from 1.
func assigned(ipma []byte, item uint32) []int {
	if len(ipma) < 8 || item == 0 {
		return nil
	}
	wideItem, wideIndex := ipma[0] > 0, ipma[3]&1 == 1
	for data := full(ipma, 4); len(data) > 0; {
		var id uint32
		if id, data = itemID(data, wideItem); len(data) == 0 {
			return nil
		}
		n, each := int(data[0]), 1
		if wideIndex {
			each = 2
		}
		if data = data[1:]; len(data) < n*each {
			return nil
		}
		if id != item {
			data = data[n*each:]
			continue
		}
		list := make([]int, n)
		for i := range list {
			if wideIndex { // the first bit says that the property is essential
				list[i] = int(binary.BigEndian.Uint16(data[2*i:]) & 0x7fff)
			} else {
				list[i] = int(data[i] & 0x7f)
			}
		}
		return list
	}
	return nil
}
