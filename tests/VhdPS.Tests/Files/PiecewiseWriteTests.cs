using System.Globalization;
using System.Text.RegularExpressions;
using VhdPS.Engine.Files;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Files;

/// <summary>What is written into new places goes to the system in pieces, and is the same bytes at the same places.</summary>
public sealed partial class PiecewiseWriteTests : IDisposable
{
    private const int Piece = PiecewiseWrite.PieceBytes;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, Piece)]
    [InlineData(0, Piece + 1)]
    [InlineData(511, (3 * Piece) + 513)]
    [InlineData(Piece - 1, 2)]
    [InlineData(Piece - 1, 2 * Piece)]
    [InlineData(Piece + 4096, 5 * Piece)]
    public void What_is_written_in_pieces_is_read_back_whole(int fileOffset, int length)
    {
        byte[] data = new byte[length];
        new Random(length).NextBytes(data);
        using (var file = LocalImageFile.CreateNew(_folder["new"]))
        {
            file.WriteAt(fileOffset, data);
            Assert.Equal(fileOffset + length, file.Length);
        }

        byte[] expected = [.. new byte[fileOffset], .. data];
        Assert.Equal(expected, File.ReadAllBytes(_folder["new"]));

        // Once more over what is there, and past its end.
        new Random(1).NextBytes(data);
        using (var file = LocalImageFile.OpenWrite(_folder["new"]))
        {
            file.WriteAt(fileOffset, data);
            file.WriteAt(fileOffset + length - 1, data);
            Assert.Equal(fileOffset + (2 * length) - 1, file.Length);
        }

        Assert.Equal([.. new byte[fileOffset], .. data[..^1], .. data], File.ReadAllBytes(_folder["new"]));
    }

    [PeerFact(PeerPrograms.Strace)]
    public void No_write_into_new_places_is_longer_than_a_piece_and_one_over_old_places_is_whole()
    {
        // Writes of 1 MiB: into a new file, and then over it.
        PeerResult result = PeerProcess.TryRun(
            PeerPrograms.Strace,
            ["-f", "-qq", "-o", _folder["log"], "-e", "trace=pwrite64", .. WriterProcess.Command, "write-twice", _folder["file"]]);
        Assert.True(result.ExitCode == 0, result.ToString());
        int[] lengths = [.. WriteCall().Matches(File.ReadAllText(_folder["log"]))
            .Select(call => int.Parse(call.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(WriterProcess.LongWriteBytes, lengths.Where(length => length <= Piece).Sum());
        Assert.Equal([WriterProcess.LongWriteBytes], lengths.Where(length => length > Piece));
    }

    [GeneratedRegex(@"pwrite64\(.*\) = (\d+)")]
    private static partial Regex WriteCall();
}
