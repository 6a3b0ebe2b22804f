using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>A write, a length or a sync fails: each of a run's changes in turn, in every way that a disk fails.</summary>
public sealed class FailureTests
{
    private static readonly VhdOpenOptions Writing = new() { ForWriting = true };

    public static TheoryData<bool, int> Ways
    {
        get
        {
            var data = new TheoryData<bool, int>();
            foreach (bool staysBroken in new[] { false, true })
            {
                data.Add(staysBroken, 0);
                data.Add(staysBroken, 300);
                data.Add(staysBroken, int.MaxValue);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void WhatWasFlushedStaysAndTheHandleRefusesMore(bool staysBroken, int bytesOfFailedWrite)
    {
        int points = 0;
        foreach (bool isDifferencing in new[] { false, true })
        {
            for (int failAt = 0; ; failAt++)
            {
                ImageBytes start = isDifferencing
                    ? ImageBytes.Differencing().AddBlock(1, 0xA1, [0x81])
                    : SoundImage.Dynamic();
                if (!Fail(start, failAt, staysBroken, bytesOfFailedWrite))
                {
                    break;
                }

                points++;
            }
        }

        Assert.InRange(points, 30, 1000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(700)]
    [InlineData(4096)]
    [InlineData(5000)]
    public void DiskFullInAnAllocationRollsBack(long roomBytes)
    {
        byte[] before = SoundImage.Dynamic().Bytes;
        var file = new MemoryImageFile(before) { MaxLength = before.Length + roomBytes };
        byte[] data = Enumerable.Repeat((byte)3, 512).ToArray();
        using (VhdImage image = VhdImage.Open(file, Writing))
        {
            var error = Assert.Throws<ImageIOException>(() => image.WriteSectors(0, data));
            Assert.True(error.IsDiskFull);
            Assert.Equal(ImageIOOperation.Write, error.Operation);
            Assert.Contains("full", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, file.Reopen().ToArray());
            Assert.Equal(VhdSpec.UnusedEntry, image.Map.Table![0]);
            Assert.Equal(OperationError.EarlierWriteFailed, Assert.Throws<VhdOperationException>(() => image.WriteSectors(8, data)).Code);
            byte[] content = new byte[SoundImage.Size];
            image.ReadSectors(0, content);
            Assert.Equal(SoundImage.DynamicContent(), content);
            image.Flush();
        }

        Assert.Equal(before, file.Reopen().ToArray());
    }

    [Fact]
    public void DiskFullBehindBlocksThatWereMadeKeepsThem()
    {
        byte[] before = SoundImage.Dynamic().Bytes;
        var file = new MemoryImageFile(before) { MaxLength = before.Length + (2 * 8192) };
        byte[] content = SoundImage.DynamicContent();
        using (VhdImage image = VhdImage.Open(file, Writing))
        {
            byte[] data = Enumerable.Repeat((byte)3, 512).ToArray();
            int made = 0;
            for (int block = 4; ; block++, made++)
            {
                try
                {
                    image.WriteSectors(block * 8, data);
                    data.CopyTo(content, block * 4096);
                }
                catch (ImageIOException error) when (error.IsDiskFull)
                {
                    break;
                }
            }

            Assert.InRange(made, 1, 4);
        }

        byte[] after = file.Reopen().ToArray();
        Assert.Empty(ImageLayout.Read(new MemoryImageFile(after)).Findings);
        Verdict.AssertContent(after, VhdOpenOptions.Default, content);
    }

    [Fact]
    public void AFailedSyncIsNotTriedAgain()
    {
        // After a failed sync a later one may succeed although data was dropped; nothing may be published on top of that.
        var file = new RecordingImageFile(SoundImage.Dynamic().ToFile()) { FailAt = int.MaxValue };
        VhdImage image = VhdImage.Open(file, Writing);
        image.WriteSectors(0, Enumerable.Repeat((byte)3, 512).ToArray());
        file.FailAt = file.Changes.Count;
        Assert.Throws<ImageIOException>(image.Flush);
        int changes = file.Changes.Count;
        Assert.Equal(OperationError.EarlierWriteFailed, Assert.Throws<VhdOperationException>(image.Flush).Code);
        Assert.Throws<VhdOperationException>(() => image.WriteSectors(0, new byte[512]));
        image.Dispose();
        Assert.Equal(changes, file.Changes.Count);
    }

    /// <summary>Does a fixed run of writes with one failing change; false where the run has no such change.</summary>
    private static bool Fail(ImageBytes start, int failAt, bool staysBroken, int bytesOfFailedWrite)
    {
        MemoryImageFile memory = start.ToFile();
        var file = new RecordingImageFile(memory) { FailAt = failAt, StaysBroken = staysBroken, BytesOfFailedWrite = bytesOfFailedWrite };
        var flushed = new Dictionary<int, byte>();
        var written = new Dictionary<int, HashSet<byte>>();
        var pending = new Dictionary<int, byte>();
        bool isDifferencing = start.Bytes[start.FooterOffset + 63] == 4;
        VhdImage image = VhdImage.Open(file, Writing);
        bool isClosing = false;
        string where = $"change {failAt}, stays broken {staysBroken}, {bytesOfFailedWrite} bytes of it written";

        try
        {
            byte value = 0;
            foreach (int sector in new[] { 0, 9, 10, 70, 24, -1, 1, 40, 12, 41, -1, 120, 9, 0 })
            {
                if (sector < 0)
                {
                    image.Flush();
                    foreach ((int done, byte what) in pending)
                    {
                        flushed[done] = what;
                        written[done] = [what];
                    }

                    pending.Clear();
                    continue;
                }

                value++;
                (written.TryGetValue(sector, out HashSet<byte>? values) ? values : written[sector] = []).Add(value);
                image.WriteSectors(sector, Enumerable.Repeat(value, 512).ToArray());
                pending[sector] = value;
            }

            isClosing = true;
            image.Dispose();
        }
        catch (ImageIOException)
        {
            Assert.True(file.HasFailed);
            Change failed = file.Changes[failAt];
            if (failed.Kind == ChangeKind.Write && !isClosing)
            {
                Assert.True(Assert.Throws<VhdOperationException>(() => image.WriteSectors(127, new byte[512]))
                    .Code == OperationError.EarlierWriteFailed, where);
                if (!staysBroken)
                {
                    // I1: an allocation that failed has put back the footer that it wrote over.
                    FooterPair footers = ImageLayout.Read(memory.Reopen()).Footers;
                    Assert.True(footers is { End.Footer.IsChecksumValid: true, TrailingBytes: 0 }, $"{where}: no footer at the end");
                }
            }

            try
            {
                image.Dispose();
            }
            catch (ImageIOException)
            {
                Assert.True(staysBroken || file.HasFailed);
            }
        }

        if (!file.HasFailed)
        {
            return false;
        }

        // The file opens, and every sector has its flushed value or one that was written since.
        var layout = ImageLayout.Read(memory.Reopen());
        Assert.True(layout.FindBlockingFinding(forWriting: false) is null, where);
        BlockAllocationTable table = SectorMap.ReadTable(memory.Reopen(), layout);
        Assert.Empty(TableScan.FindOverlaps(layout, table));
        using VhdImage reopened = VhdImage.Open(memory.Reopen());
        byte[] content = new byte[512];
        byte[] original = SoundImage.DynamicContent();
        foreach (int sector in written.Keys.Concat([8, 11, 15, 25, 28, 127]))
        {
            HashSet<byte> allowed = [.. written.GetValueOrDefault(sector, [])];
            if (flushed.TryGetValue(sector, out byte last))
            {
                allowed.Add(last);
            }

            bool mayBeAbsent = !flushed.ContainsKey(sector);
            try
            {
                reopened.ReadSectors(sector, content);
            }
            catch (VhdFormatException error) when (isDifferencing && error.Finding.Code == FaultCode.ParentNotFound)
            {
                Assert.True(mayBeAbsent && sector is not (8 or 15), $"{where}: sector {sector} is not in the file");
                continue;
            }

            if (mayBeAbsent)
            {
                allowed.Add(isDifferencing ? (byte)0xA1 : original[sector * 512]);
            }

            // A write that failed midway may have left any part of itself.
            Assert.True(
                content.All(allowed.Contains) && (bytesOfFailedWrite is not 0 || content.Distinct().Count() == 1),
                $"{where}: sector {sector} holds {content[0]}..{content[511]}");
        }

        return true;
    }
}
