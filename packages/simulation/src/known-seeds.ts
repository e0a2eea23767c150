/**
 * Seeds that broke a promise once, and what it was. Each is run by the tests. A seed means another schedule once scenarios are drawn
 * otherwise, or core makes other calls: what it showed is held by a test of core then, and by a mutation with its profile.
 */
export const knownSeeds: readonly { readonly seed: number; readonly was: string }[] = [
  { seed: 243, was: 'Redis came back empty during a cancel: adopt and submit named discard, and discard refused' },
  { seed: 48, was: 'Redis came back older during the last comparison: ranges finished late counted for the next pass of that number' },
  { seed: 185, was: 'the same within one phase, where nothing was adopted' },
  { seed: 564, was: 'the list of late writes was read from a replica that was behind: none was inserted, and it was closed' },
  { seed: 424, was: 'so was the source that late writes are inserted from' },
  { seed: 2010, was: 'a coordinator that slept while it prepared made <alias>.next after the rollback' },
  { seed: 3431, was: 'Redis was away while complete looked up who uses the old collection: the mark went, and it was kept for ever' },
  { seed: 3772, was: 'two runs of a stage and an older Redis: a fence opened and closed for ever, with nobody let in' },
  { seed: 10476, was: 'what rests said for ever that its metadata is damaged, though it was mended' },
  { seed: 11170, was: 'a coordinator that slept made the target of a migration that Redis had lost: the way on was not named' },
  { seed: 29, was: 'the target was deleted right after complete: what had ended never let go of its names' },
  {
    seed: 32,
    was: 'in place, metadata was written anew after Redis was lost: it was taken for switched, and completed without its vectors',
  },
  { seed: 22081, was: 'a job that was settled came back with an older Redis (a fault of the simulation itself)' },
  { seed: 100293, was: 'in place, with metadata damaged and Redis lost, submit began another migration over the one that was there' },
  {
    seed: 202384,
    was: 'in place, a page begun before a pause was done again over a vector that an application had brought (as the docs say)',
  },
  { seed: 201281, was: 'in place, a page in hand when the metadata was written anew kept the vector of an older text (as the docs say)' },
  {
    seed: 201242,
    was: 'the person did not know reembed discard, the way out after a take-over of what is gone (a fault of the simulation itself)',
  },
  { seed: 300055, was: 'the fence of a migration that an older Redis had forgotten stood at rest (a fault of the simulation itself)' },
  { seed: 501274, was: 'late writes were inserted while Redis came back older (a fault of the simulation itself)' },
  { seed: 1003101, was: 'Redis came back older while the alias moved, by a fresh comparison (a fault of the simulation itself)' },
  {
    seed: 1005759,
    was: 'in place, a page in hand when the migration failed kept the vector of an older text: the pass that began anew knew of no page',
  },
  { seed: 2000137, was: 'coordinators took turns in a switch, and none ended the hold that stood: writers were held on after it' },
  {
    seed: 1012763,
    was: 'a coordinator that slept made the target anew once that was gone and its migration rolled back: submit took it for running',
  },
  { seed: 7000575, was: 'a page was done again while its migration completed (a fault of the simulation itself)' },
  { seed: 8001716, was: 'a fleet that was taken over had a late write in flight (a fault of the simulation itself)' },
  { seed: 10000031, was: 'the target was deleted while the request to delete the old collection was under way, which nothing can hold' },
  {
    seed: 10002471,
    was: 'in place, metadata damaged and Redis lost before the vector was added: what was rebuilt began to copy, and every point was refused',
  },
  { seed: 11003863, was: 'a switch that failed was resumed before its hold was ended (a fault of the simulation itself)' },
  {
    seed: 7001629,
    was: 'an alias that a rollback rightly takes away counted as still pointing at the target (a fault of the simulation itself)',
  },
  {
    seed: 20021898,
    was: 'a submission that slept through the end began anew, and was looked at as if at rest (a fault of the simulation itself)',
  },
  { seed: 20031738, was: 'a wall clock that jumped made the older migration the newest (a fault of the simulation itself)' },
  {
    seed: 20032631,
    was: 'Redis came back older while a cancel let its ranges go: what was adopted then waited for ranges that nobody could claim',
  },
  { seed: 126, was: 'two migrations of one source: each was told to end the other first, and neither could be completed' },
  {
    seed: 40001196,
    was: 'a coordinator slept between its look at the aliases and a pass, while another task of it looked (a fault of the simulation itself)',
  },
  {
    seed: 50001208,
    was: 'metadata that said no phase counted as nobody: its quantization was changed, and its source could be deleted, in the middle of it',
  },
  {
    seed: 50004178,
    was: 'the mark of a complete that came to nothing kept another migration from its source, which kept the next complete from ending',
  },
  {
    seed: 60003396,
    was: 'a coordinator that slept took the alias that another had moved for moved by hand: the comparison was forgotten, and a delete undone',
  },
  {
    seed: 60009533,
    was: 'in place, an older Redis brought a migration back of which the collection was no more: its error named no way out',
  },
  {
    seed: 60009892,
    was: 'a submission slept until another had completed: it failed, and could not be cancelled for the other one’s alias',
  },
  { seed: 60013285, was: 'a replica that lagged still had what sync had deleted: written again late, it was neither inserted nor late' },
  { seed: 50008630, was: 'the person did not give the name that `reembed discard` wanted (a fault of the simulation itself)' },
  { seed: 60021063, was: 'a vector was added in the moment of a change of quantization (a fault of the simulation itself)' },
  { seed: 70011322, was: 'the same, by a coordinator that slept between what it noted and the change' },
  { seed: 60033298, was: 'a person put the alias back by the word of an older Redis, after the switch (a fault of the simulation itself)' },
  {
    seed: 80007526,
    was: 'a coordinator that slept said a phase that was over, while the migration completed (a fault of the simulation itself)',
  },
  {
    seed: 80027360,
    was: 'metadata damaged and Redis lost in the middle of a switch: what was rebuilt was completed without a look back, over late writes',
  },
  {
    seed: 110012467,
    was: 'a vector was added between the look at what was before a change of quantization and its note (a fault of the simulation itself)',
  },
  {
    seed: 130001612,
    was: 'Redis came back older between what a look back had found and its list: the late writes were counted, kept nowhere, and let go',
  },
  {
    seed: 170002058,
    was: 'with the way back, a delete of what was set aside, and so was never in the target, counted as one to bring along (a fault of the simulation itself)',
  },
  {
    seed: 901106,
    was: 'the name by which a target is seen under way stands, where a Redis that came back older knows nothing of who made that target (a fault of the simulation itself)',
  },
  {
    seed: 772005793,
    was: 'in place, a fleet that slept through a take-over had the migration again after its end, which nothing can hold (a fault of the simulation itself)',
  },
  {
    seed: 300011530,
    was: 'a change of quantization looked whether a migration is at work before the look that it goes by, not in it',
  },
  {
    seed: 500072118,
    was: 'a change of quantization noted what was before, slept, and disturbed a migration that had begun meanwhile',
  },
  {
    seed: 600049589,
    was: 'of two words to complete over one collection the second left it to the first, and the first to the second: nobody deleted it',
  },
  {
    seed: 600055563,
    was: 'a fleet that had closed what stood before opened a fence though another had taken the migration over meanwhile; Qdrant was away, and the simulation took that for rest',
  },
  {
    seed: 600058839,
    was: 'metadata damaged after the end kept another migration from its own for ever, and no message said the way out',
  },
  {
    seed: 600055047,
    was: 'where no text is embedded none is refused: a late write was not owed, so what inserted it seemed to undo a delete (a fault of the simulation itself)',
  },
  {
    seed: 600064937,
    was: 'the same, of a point that was inserted and deleted in the live target before the word to insert what is missing',
  },
  {
    seed: 700011632,
    was: 'a fleet that took over what somebody had used by hand before its switch wanted a word for each delete in the live collection, for ever',
  },
  {
    seed: 900087217,
    was: 'a fleet that slept through a take-over had the migration again after it was rolled back, and switched, which nothing can hold (a fault of the simulation itself)',
  },
  {
    seed: 1100046923,
    was: 'an older Redis gave a cancelled migration its names back after its last stage; whoever asks for them gets them (a fault of the simulation itself)',
  },
  {
    seed: 650220219,
    was: 'a stage that had slept through the end of its migration wrote an earlier phase over the last one, and the old collection was in use by it for ever',
  },
  {
    seed: 447328085,
    was: 'an older Redis counted up to the phase number of a step that was under way, which opened a fence and began a pass in what had failed by then',
  },
  {
    seed: 2000010320,
    was: 'a fleet that had lost the migration took away the mark that the next one had put on the old collection, which stayed when that one completed',
  },
  {
    seed: 1400002970,
    was: 'a pass was begun by a look of before the alias was moved by hand, while another task of the coordinator looked after it (a fault of the simulation itself)',
  },
  {
    seed: 1400012275,
    was: 'the same, where the looks and the move were a few ms apart',
  },
  {
    seed: 1400045669,
    was: 'Redis came back older in the moment in which a rollback took away an alias that had not been there before (a fault of the simulation itself)',
  },
  {
    seed: 2000010176,
    was: 'a delete with wait=false was carried out after the alias went back, and its point counted as lost by the rollback (a fault of the simulation itself)',
  },
  {
    seed: 252822604,
    was: 'a point that was set aside before the switch was written and deleted again between two passes, which no pass can see (a fault of the simulation itself)',
  },
];
