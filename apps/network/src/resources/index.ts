export { changeRow, deleteRow, given, lockRow, touchRows, type LockedRow, type ResourceTable } from './row-changes.js';
export { namelessFilters, namelessSortable, newStandard, standardAttributes, standardFilters, standardSortable, type Standard } from './standard.js';
export { StandardRow } from './standard.row.js';
export { countByOwner } from './owners.js';
