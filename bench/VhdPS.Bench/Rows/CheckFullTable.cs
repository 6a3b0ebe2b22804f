using System.Runtime.InteropServices;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Bench.Rows;

internal sealed class CheckFullTable : EngineRow
{
    private const long GoalBytes = 96 * BenchData.MiB;
    private const int BlockSize = 2 * (int)BenchData.MiB;
    private string _path = string.Empty;
    private string _integersPath = string.Empty;

    public override string Name => "check-full-table";

    public override string Family => "Checks, against reading and sorting";

    public override string Work => "`Test-VpcImage` of a 2040 GiB image, every block in the file, in random order";

    public override string ShortWork => "Test-VpcImage, a million blocks";

    public override string Peer => "reading and sorting as many 32-bit integers";

    public override string ShortPeer => "read and sort";

    public override string? PeerProgram => null;

    public override double Goal => 3;

    public override string Note => "The data of the image is one hole: the table is what is checked.";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _path = data.PathOf("full-table.vhd");
        _integersPath = data.PathOf("integers");
        WriteImage(_path);
    }

    public override TimeSpan RunOurs() => Time(Check);

    public override TimeSpan RunPeer() => Time(() =>
    {
        byte[] bytes = File.ReadAllBytes(_integersPath);
        uint[] integers = MemoryMarshal.Cast<byte, uint>(bytes).ToArray();
        Array.Sort(integers);
    });

    public override MemoryFigure MeasureMemory() => new("peak resident above the warm process", PeakMemory.Measure(Check), GoalBytes);

    private void Check() => Engine.Invoke("Test-VpcImage", new Dictionary<string, object> { ["Path"] = _path });

    private void WriteImage(string path)
    {
        var image = new NewImage(VhdSpec.MaxSize) { BlockSize = BlockSize, UniqueId = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), TimeStamp = VhdSpec.Epoch };
        long tableOffset = VhdSpec.FooterSize + VhdSpec.HeaderSize;
        long blocksOffset = tableOffset + VhdSpec.RoundUp((long)image.BlockCount * VhdSpec.TableEntrySize, VhdSpec.SectorSize);
        long spanSectors = (VhdSpec.BitmapSize(BlockSize) + BlockSize) / VhdSpec.SectorSize;
        uint[] places = [.. Enumerable.Range(0, image.BlockCount).Select(place => (uint)((blocksOffset / VhdSpec.SectorSize) + (place * spanSectors)))];
        new Random(1).Shuffle(places);
        var table = BlockAllocationTable.CreateUnused(image.BlockCount);
        for (int blockIndex = 0; blockIndex < places.Length; blockIndex++)
        {
            table[blockIndex] = places[blockIndex];
        }

        byte[] entries = new byte[blocksOffset - tableOffset];
        table.Encode(0, entries);
        HardDiskFooter footer = image.CreateFooter();
        using var file = LocalImageFile.CreateNew(path);
        file.WriteAt(0, footer.Bytes);
        file.WriteAt(VhdSpec.FooterSize, DynamicDiskHeader.Create(tableOffset, image.BlockCount, BlockSize).Bytes);
        file.WriteAt(tableOffset, entries);
        file.WriteAt(blocksOffset + (image.BlockCount * spanSectors * VhdSpec.SectorSize), footer.Bytes);
        File.WriteAllBytes(_integersPath, entries.AsSpan(0, image.BlockCount * VhdSpec.TableEntrySize).ToArray());
    }
}
