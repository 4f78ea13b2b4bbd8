/** Made-up names of birds, trees, stones and weather: nobody is called like this, and everybody sees that. */
const FIRST =
  `Wren Robin Lark Merle Finch Heron Swift Linnet Martin Teal Avocet Dunnock Pipit Plover Sparrow Starling Siskin
Brambling Curlew Dipper Fulmar Gannet Goldcrest Kestrel Kite Lapwing Magpie Nightjar Osprey Petrel Puffin Raven Redstart
Shearwater Skylark Snipe Swallow Tern Thrush Warbler Whimbrel Yarrow Clover Sorrel Bracken Heather Juniper Bryony Campion
Comfrey Tansy Teasel Thistle Vetch Woodruff Sage Basil Rosemary Lovage Fennel`.split(/\s+/);
const LAST =
  `Alder Ash Aspen Beech Birch Blackthorn Box Cedar Cherry Elder Elm Hawthorn Hazel Holly Hornbeam Larch Lime Maple
Medlar Oak Osier Pear Pine Plane Poplar Quince Rowan Sallow Spindle Spruce Sycamore Walnut Whitebeam Willow Yew Agate
Amber Basalt Chalk Chert Clay Flint Garnet Gneiss Granite Gritstone Jasper Limestone Marble Marl Onyx Opal Quartz
Sandstone Schist Shale Slate Tuff Frost Gale`.split(/\s+/);

export const NAMES: number = FIRST.length * LAST.length;

/** The n-th name; a step that shares no factor with the number of names makes each come once. */
export function nameOf(n: number): string {
  const at = (n * 1_327) % NAMES;
  return `${FIRST[at % FIRST.length]} ${LAST[Math.floor(at / FIRST.length)]}`;
}
