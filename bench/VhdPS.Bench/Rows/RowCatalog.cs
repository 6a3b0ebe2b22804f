using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

/// <summary>All rows, in the order of the page.</summary>
internal static class RowCatalog
{
    public static IReadOnlyList<Row> Rows { get; } =
    [
        new SequentialRead(),
        new SequentialWrite(),
        new RandomRead(),
        new FirstWrites(),
        new ChainBlockRead(),
        new ChainScatteredRead(),
        new ChildRandomWrite(),
        new QemuSequentialRead(),
        new QemuRandomRead(),
        new QemuRandomWrite(),
        new QemuFirstWrites(),
        new QemuFirstWritesUnsynced(),
        new QemuFirstWritesFlushed(),
        new CreateImage(),
        new OpenImage(),
        new ShowImage(),
        new ChecksumBatch(),
        new CheckFullTable(),
        new CheckBatch(),
        new ModuleImport(),
    ];
}
