using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS.Tests.Chains;

/// <summary>A chain of files, made at random, and in memory what each of its disks holds.</summary>
internal sealed class ChainModel
{
    private const int SectorSize = 512;

    private readonly TempFolder _folder;
    private readonly Random _random;

    /// <summary>Makes a root: fixed, dynamic, or raw.</summary>
    public ChainModel(TempFolder folder, Random random, int sectorCount, string rootKind)
    {
        _folder = folder;
        _random = random;
        SectorCount = sectorCount;
        Content = new byte[sectorCount * SectorSize];
        Path = folder[$"root.{(rootKind == "Raw" ? "img" : "vhd")}"];
        if (rootKind == "Raw")
        {
            random.NextBytes(Content);
            File.WriteAllBytes(Path, Content);
            IsRootRaw = true;
        }
        else
        {
            ImageCreator.Create(Path, new NewImage(Content.Length)
            {
                VhdType = Enum.Parse<VhdType>(rootKind),
                BlockSize = NextBlockSize(),
                UniqueId = Guid.NewGuid(),
                TimeStamp = VhdSpec.Epoch,
            });
            WriteRandomly(12);
        }
    }

    /// <summary>The image at the top.</summary>
    public string Path { get; private set; }

    /// <summary>What the disk at the top holds.</summary>
    public byte[] Content { get; }

    public int SectorCount { get; }

    /// <summary>Images, the root included.</summary>
    public int Depth { get; private set; } = 1;

    public bool IsRootRaw { get; }

    /// <summary>How to open the top.</summary>
    public VhdOpenOptions Options => new() { Parents = new ParentPolicy { RawParent = IsRootRaw } };

    /// <summary>Puts a child on top, in the same folder or one beneath.</summary>
    public void AddChild()
    {
        string child = _folder[$"{Depth:D2}-Kind-é漢.vhd"];
        if (IsRootRaw && Depth == 1)
        {
            // No image is made over a raw disk: this one is made over a dynamic one, whose id and name are taken out of it.
            string stand = _folder["stand.vhd"];
            ImageCreator.Create(stand, new NewImage(Content.Length) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
            ChildCreator.Create(child, new NewChild(stand)
            {
                BlockSize = NextBlockSize(),
                UniqueId = Guid.NewGuid(),
                TimeStamp = VhdSpec.Epoch,
            });
            File.Delete(stand);
            using var handle = LocalImageFile.OpenWrite(child);
            byte[] header = new byte[VhdSpec.HeaderSize];
            handle.ReadAt(VhdSpec.FooterSize, header);
            DynamicDiskHeader changed = DynamicDiskHeader.Parse(header).With(
                parentUniqueId: Guid.Empty,
                parentUnicodeName: System.IO.Path.GetFileName(Path),
                parentLocators: Enumerable.Range(0, 8).Select(i => new ParentLocator(i, ParentLocatorCode.None, 0, 0, 0, 0)));
            handle.WriteAt(VhdSpec.FooterSize, changed.Bytes);
        }
        else
        {
            ChildCreator.Create(child, new NewChild(Path)
            {
                BlockSize = NextBlockSize(),
                UniqueId = Guid.NewGuid(),
                TimeStamp = VhdSpec.Epoch,
            });
        }

        Path = child;
        Depth++;
    }

    /// <summary>Writes runs of random length, some of zeros, into the top, with a flush or a reopening here and there.</summary>
    public void WriteRandomly(int count)
    {
        VhdImage image = VhdImage.Open(Path, Options with { ForWriting = true });
        try
        {
            for (int i = 0; i < count; i++)
            {
                (int sector, int length) = NextRange();
                Span<byte> data = Content.AsSpan(sector * SectorSize, length * SectorSize);
                switch (_random.Next(4))
                {
                    case 0:
                        data.Clear();
                        image.WriteSectors(sector, data);
                        break;
                    case 1:
                        // Every second sector.
                        for (int odd = 0; odd < length; odd += 2)
                        {
                            Span<byte> one = data.Slice(odd * SectorSize, SectorSize);
                            _random.NextBytes(one);
                            image.WriteSectors(sector + odd, one);
                        }

                        break;
                    default:
                        _random.NextBytes(data);
                        image.WriteSectors(sector, data);
                        break;
                }

                if (_random.Next(8) == 0)
                {
                    image.Flush();
                }

                if (_random.Next(8) == 0)
                {
                    image.Dispose();
                    image = VhdImage.Open(Path, Options with { ForWriting = true });
                }

                AssertRange(image, NextRange());
            }
        }
        finally
        {
            image.Dispose();
        }
    }

    /// <summary>Reads random ranges and the whole disk and holds them against the model, the runs of the map too.</summary>
    public void AssertReads(int count)
    {
        using VhdImage image = VhdImage.Open(Path, Options);
        Assert.Equal(SectorCount, image.SectorCount);
        for (int i = 0; i < count; i++)
        {
            AssertRange(image, NextRange());
        }

        AssertRange(image, (0, SectorCount));
        AssertMap(image);
    }

    private static void AssertBytes(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, long sector)
    {
        int same = expected.CommonPrefixLength(actual);
        Assert.True(same == expected.Length, $"sector {sector + (same / SectorSize)} differs");
    }

    private void AssertRange(VhdImage image, (int Sector, int Count) range)
    {
        byte[] buffer = new byte[range.Count * SectorSize];
        buffer.AsSpan().Fill(0xEE);
        image.ReadSectors(range.Sector, buffer);
        AssertBytes(Content.AsSpan(range.Sector * SectorSize, buffer.Length), buffer, range.Sector);
    }

    /// <summary>What the map names, read from the named file at the named place, is what the model holds.</summary>
    private void AssertMap(VhdImage image)
    {
        for (long sector = 0; sector < SectorCount;)
        {
            ChainRun run = ChainMap.Find(image, sector, SectorCount - sector);
            byte[] bytes = new byte[run.Count * SectorSize];
            if (run.Path is { } path)
            {
                using var handle = File.OpenHandle(path);
                RandomAccess.Read(handle, bytes, run.FileOffset);
            }

            AssertBytes(Content.AsSpan((int)sector * SectorSize, bytes.Length), bytes, sector);
            Assert.Equal(
                run.Path is null ? SectorOrigin.Zero : run.Path == image.Path ? SectorOrigin.File : SectorOrigin.Parent, run.Origin);
            sector += run.Count;
        }
    }

    private int NextBlockSize() => SectorSize << _random.Next(13);

    private (int Sector, int Count) NextRange()
    {
        int sector = _random.Next(SectorCount);
        int longest = _random.Next(3) switch { 0 => 16, 1 => 200, _ => 3000 };
        return (sector, _random.Next(1, Math.Min(longest, SectorCount - sector) + 1));
    }
}
