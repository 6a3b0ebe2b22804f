using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Tests.Peers;

/// <summary>
/// Images of ours in the hands of Windows' own VHD stack and the reverse: fixed, dynamic and differencing ones, made, written,
/// read, compacted and merged by either. The disk that each must hold is kept in memory beside it.
/// </summary>
public sealed class WindowsDiskTests : IDisposable
{
    private const int Size = 21 * 1024 * 1024;

    private readonly TempFolder _folder = new();

    /// <summary>Who makes an image and who writes it.</summary>
    public enum Party
    {
        /// <summary>This engine.</summary>
        Ours,

        /// <summary>virtdisk.dll.</summary>
        Theirs,
    }

    /// <summary>Kind, block size, who makes the image, who makes its parent, who writes it.</summary>
    public static TheoryData<VhdType, int, Party, Party, Party> Cases()
    {
        var cases = new TheoryData<VhdType, int, Party, Party, Party>();
        foreach (Party maker in Enum.GetValues<Party>())
        {
            foreach (Party writer in Enum.GetValues<Party>())
            {
                cases.Add(VhdType.Fixed, 0, maker, maker, writer);
                cases.Add(VhdType.Dynamic, 512 * 1024, maker, maker, writer);
                cases.Add(VhdType.Dynamic, 2 * 1024 * 1024, maker, maker, writer);
                cases.Add(VhdType.Differencing, 2 * 1024 * 1024, maker, Party.Ours, writer);
                cases.Add(VhdType.Differencing, 2 * 1024 * 1024, maker, Party.Theirs, writer);
            }
        }

        return cases;
    }

    public void Dispose() => _folder.Dispose();

    [WindowsDiskTheory]
    [MemberData(nameof(Cases))]
    public void Both_read_what_either_has_made_and_written(VhdType type, int blockSize, Party maker, Party parentMaker, Party writer)
    {
        byte[] disk = new byte[Size];
        string path = MakeWritten(type, blockSize, maker, parentMaker, writer, disk);
        AssertHolds(path, disk);
    }

    [WindowsDiskTheory]
    [InlineData(512 * 1024, Party.Ours)]
    [InlineData(2 * 1024 * 1024, Party.Ours)]
    [InlineData(2 * 1024 * 1024, Party.Theirs)]
    public void They_compact_ours(int blockSize, Party writer)
    {
        byte[] disk = new byte[Size];
        string path = MakeWritten(VhdType.Dynamic, blockSize, Party.Ours, Party.Ours, writer, disk);
        Write(path, writer, disk, offset: 10 * 1024 * 1024, new byte[2 * 1024 * 1024]);
        long before = new FileInfo(path).Length;
        WindowsDisk.Compact(path);
        Assert.True(new FileInfo(path).Length < before);
        AssertHolds(path, disk);
    }

    [WindowsDiskTheory]
    [InlineData(Party.Ours, Party.Ours)]
    [InlineData(Party.Ours, Party.Theirs)]
    [InlineData(Party.Theirs, Party.Ours)]
    public void They_merge_into_a_parent(Party childMaker, Party parentMaker)
    {
        byte[] disk = new byte[Size];
        string child = MakeWritten(VhdType.Differencing, 2 * 1024 * 1024, childMaker, parentMaker, childMaker, disk);
        WindowsDisk.Merge(child);
        AssertHolds(_folder["parent.vhd"], disk);
    }

    private static void Write(string path, Party writer, byte[] disk, int offset, byte[] bytes)
    {
        bytes.CopyTo(disk, offset);
        if (writer == Party.Theirs)
        {
            using WindowsDisk theirs = WindowsDisk.Attach(path, isReadOnly: false);
            theirs.Write(offset, bytes);
            return;
        }

        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        image.WriteSectors(offset / VhdSpec.SectorSize, bytes);
    }

    private static void AssertHolds(string path, byte[] disk)
    {
        var options = new CheckOptions { Full = true, Target = CheckTarget.HyperV, Parents = ParentPolicy.Default };
        CheckReport report = ImageChecker.Check(path, options);
        Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
        byte[] read = new byte[disk.Length];
        using (VhdImage image = VhdImage.Open(path))
        {
            Assert.Equal(disk.Length, image.SectorCount * VhdSpec.SectorSize);
            image.ReadSectors(0, read);
        }

        Assert.True(disk.AsSpan().SequenceEqual(read), "we read another disk");
        using WindowsDisk theirs = WindowsDisk.Attach(path, isReadOnly: true);
        Assert.True(disk.AsSpan().SequenceEqual(theirs.Read(0, disk.Length)), "they read another disk");
    }

    /// <summary>Makes an image with its parent and writes both; <paramref name="disk"/> becomes what it holds.</summary>
    private string MakeWritten(VhdType type, int blockSize, Party maker, Party parentMaker, Party writer, byte[] disk)
    {
        string? parent = null;
        if (type == VhdType.Differencing)
        {
            parent = _folder["parent.vhd"];
            Make(parent, VhdType.Dynamic, blockSize, parentMaker, parent: null);
            WriteAll(parent, parentMaker, disk, seed: 1);
        }

        string path = _folder["disk.vhd"];
        Make(path, type, blockSize, maker, parent);
        WriteAll(path, writer, disk, seed: 2);
        return path;
    }

    private static void Make(string path, VhdType type, int blockSize, Party maker, string? parent)
    {
        if (maker == Party.Theirs)
        {
            WindowsDisk.Create(path, Size, blockSize, type == VhdType.Fixed, parent);
        }
        else if (parent is not null)
        {
            ChildCreator.Create(path, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = DateTime.UtcNow });
        }
        else
        {
            ImageCreator.Create(path, new NewImage(Size)
            {
                VhdType = type,
                BlockSize = blockSize == 0 ? VhdSpec.DefaultBlockSize : blockSize,
                UniqueId = Guid.NewGuid(),
                TimeStamp = DateTime.UtcNow,
            });
        }
    }

    /// <summary>The first sector, parts of a page, the border of two blocks, a whole block, the last sector.</summary>
    private static void WriteAll(string path, Party writer, byte[] disk, int seed)
    {
        var random = new Random(seed);
        (int Offset, int Length)[] places =
        [
            (0, 512),
            (3 * 512, (seed * 1024) + 512),
            ((2 * 1024 * 1024) - 1024, 2048),
            ((6 + (2 * seed)) * 1024 * 1024, 2 * 1024 * 1024),
            (Size - 512, 512),
        ];
        foreach ((int offset, int length) in places)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            Write(path, writer, disk, offset, bytes);
        }
    }
}
